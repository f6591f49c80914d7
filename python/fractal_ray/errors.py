"""Errors that end the program with a message for a person and an exit status for a script, as the driver's do."""


class FractalRayError(Exception):
    """`status` is one of sysexits.h: 64 for what was asked for, 65 for what was read, 75 for what another holds."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status
