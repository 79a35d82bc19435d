"""Waiting for something to become true, with a message that says what did not."""
import time


class NotInTime(AssertionError):
    """What was waited for did not happen: a failed test, not an error of the lab."""


def wait_until(predicate, timeout, what, interval=0.02):
    """Call `predicate` until it returns something true, and return that.

    `what` completes the sentence "not within 5 s: ..."; it may be a function, called at the end,
    so that the message can show the last state. An exception of the predicate counts as false
    and stands in the message.
    """
    deadline = time.monotonic() + timeout
    while True:
        problem = None
        try:
            result = predicate()
            if result:
                return result
        except (OSError, ValueError, KeyError, LookupError) as error:
            problem = error
        if time.monotonic() >= deadline:
            text = what() if callable(what) else what
            suffix = f" (last error: {problem!r})" if problem else ""
            raise NotInTime(f"not within {timeout:g} s: {text}{suffix}") from problem
        time.sleep(interval)
