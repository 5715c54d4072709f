"""Calls over HTTP: requests and responses, parameters, problems."""
