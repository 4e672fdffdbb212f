"""What harnesses take as values of their options, for argparse's `type`. What is no such value
is refused with what would be one, never taken for an option that was not given."""
import argparse
import math


def at_least_one(text):
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1 on")
    return int(text)


def at_least_one_or_all(text):
    return text if text == "all" else at_least_one(text)


def some_seconds(text):
    try:
        value = float(text)
    except ValueError:
        value = 0
    if not (value > 0 and math.isfinite(value)):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds above 0")
    return value


def not_empty(text):
    if not text:
        raise argparse.ArgumentTypeError("nothing is named")
    return text
