"""What is wrong with the fields of a form, in a few sentences of our own.

Pydantic's are many and change with its releases; the console has every one of these in each of
its languages. A sentence never quotes what was given.
"""

from collections.abc import Mapping

from pydantic import ValidationError

OTHERWISE = "is not right"
# By pydantic's type of error, or how it begins; numbers are from our own limits.
SENTENCES: Mapping[str, str] = {
    "missing": "is missing",
    "extra_forbidden": "is not known",
    "string_too_short": "is shorter than {min_length} characters",
    "string_too_long": "is longer than {max_length} characters",
    "too_long": "has more than {max_length} entries",
    "greater_than_equal": "is less than {ge}",
    "less_than_equal": "is more than {le}",
    "literal_error": "is none of the choices",
    "enum": "is none of the choices",
    "uuid": "is no id",
    "int": "is no number",
    "float": "is no number",
    "bool": "is neither yes nor no",
    "string_type": "is no text",
    "date": "is no date",
    "datetime": "is no time",
    "timezone": "is no time",
    "url": "is no address of a page",
    "json_invalid": "is not JSON",
}


def wrong(error: ValidationError) -> dict[str, str]:
    """Field → what is wrong with it."""
    return {
        ".".join(str(part) for part in one["loc"]) or "body": sentence(
            one["type"], one.get("ctx", {})
        )
        for one in error.errors(include_url=False, include_input=False)
    }


def sentence(kind: str, limits: Mapping[str, object]) -> str:
    """Of one error; an empty text is called that, whatever its least length."""
    if kind == "string_too_short" and limits.get("min_length") == 1:
        return "is empty"
    found = SENTENCES.get(kind) or SENTENCES.get(kind.partition("_")[0]) or OTHERWISE
    return found.format_map(limits)
