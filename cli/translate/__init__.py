"""Translation of purchases between the classic API and the newest one."""
