"""Calls by S3, SQS and the clock."""
