"""The stack on one machine: the real template, built by SAM, on the ministack emulator, behind a small front."""
