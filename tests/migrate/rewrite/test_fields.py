"""Fields of configs that are written: types that are not too narrow, defaults that agree with them, and secrets."""

from __future__ import annotations

import pytest

from purveyor.config.load import RESERVED
from purveyor.migrate.rewrite.fields import (
    Field,
    field_of_key,
    field_of_parameter,
    is_field,
    is_plain,
    is_reserved,
    is_secret,
    may_be_secret,
)
from purveyor.migrate.rewrite.keys import Key


@pytest.mark.parametrize(
    ("name", "default", "annotation"),
    [
        ("timeout", "30", "int | float"),
        ("max_size", "30", "int"),
        ("limit", "30", "int"),
        ("rate_limit", "30", "int | float"),
        ("port", "80", "int"),
        ("rate", "0.5", "float"),
        ("enabled", "True", "bool"),
        ("verify", "True", "bool | str"),
        ("cert", "False", "bool | str"),
        ("title", "'x'", "str"),
        ("magic", "b'x'", "bytes"),
    ],
)
def test_a_default_tells_a_type_that_is_not_too_narrow(name: str, default: str, annotation: str) -> None:
    found = field_of_key(Key(name, 1, defaults={default}))
    assert found == Field(name, annotation, default.replace("'x'", '"x"') if annotation == "str" else default)


@pytest.mark.parametrize(
    ("annotation", "default", "converted", "expected"),
    [
        ("int", "'8080'", True, ("int", "8080")),
        ("int", "'x'", True, ("Any", "None")),
        ("int", "'8080'", False, ("Any", "None")),
        ("float", "'0.5'", True, ("float", "0.5")),
        ("float", "'nan'", True, ("Any", "None")),
        ("float", "'-1'", True, ("float", "-1.0")),
        ("float", "3", False, ("float", "3")),
        ("str", "5", True, ("Any", "None")),
        ("bool", "'yes'", True, ("Any", "None")),
        ("int", "True", False, ("Any", "None")),
        ("dict[str, int]", "'x'", False, ("Any", "None")),
        ("str", "None", False, ("str | None", "None")),
        ("str", "made()", False, ("str | None", "None")),
        ("Fancy", "'x'", False, ("str", '"x"')),
    ],
)
def test_a_default_never_contradicts_its_annotation(
    annotation: str, default: str, converted: bool, expected: tuple[str, str]
) -> None:
    key = Key("thing", 1, defaults={default}, annotation=annotation, converted=converted)
    found = field_of_key(key)
    assert (found.annotation, found.default) == expected


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        ("Path", "Path"),
        ("pathlib.Path", "Path"),
        ("bytes", "bytes"),
        ("set[str]", "set[str]"),
        ("typing.Dict[str, Any]", "dict[str, Any]"),
        ("List[Path]", "list[Path]"),
        ("dict[str, list[int]]", "dict[str, list[int]]"),
        ("Optional[int]", "int"),
        ("Sequence[str]", "Any"),
        ("Client", "Any"),
        (None, "Any"),
    ],
)
def test_a_parameter_keeps_its_type(annotation: str | None, expected: str) -> None:
    assert field_of_parameter("thing", annotation, None) == Field("thing", expected, None)


@pytest.mark.parametrize(
    "name",
    [
        *("password", "db_password", "token", "api_key", "apikey", "API_KEY", "secret_key", "clientSecret"),
        *("accessToken", "userPassword", "connection_string", "jwt", "signingKey", "passphrase", "secret_id"),
    ],
)
def test_what_a_name_ends_in_makes_it_a_secret(name: str) -> None:
    assert is_secret(name)
    assert not may_be_secret(name)
    assert field_of_key(Key(name, 1, required=True)) == Field(name, "SecretStr", None)
    assert field_of_key(Key(name, 1, defaults={"'x'"})) == Field(name, "SecretStr | None", "None")


@pytest.mark.parametrize(
    "name",
    ["credentials", "auth", "api_keys", "passphrases", "secret_ids", "tokens", "smtp_pass", "session_cookie"],
)
def test_what_may_be_a_secret_in_another_form_is_not_shown(name: str) -> None:
    assert not is_secret(name)
    assert may_be_secret(name)
    assert field_of_key(Key(name, 1, required=True)) == Field(name, "Any", None, hidden=True)
    assert field_of_key(Key(name, 1, defaults={"True"})) == Field(name, "bool", "True")


@pytest.mark.parametrize(
    "name",
    [
        *(
            "token_lifetime",
            "secret_count",
            "password_min_length",
            "token_bucket",
            "max_tokens",
            "eos_token",
            "key",
        ),
        *("token_url", "secret_name", "monkey", "passing", "author", "cost_per_token", "_"),
    ],
)
def test_what_only_speaks_of_secrets_is_none(name: str) -> None:
    assert not is_secret(name)
    assert not may_be_secret(name)
    assert not field_of_key(Key(name, 1, defaults={"None"})).annotation.startswith("SecretStr")


def test_a_secret_word_with_another_type_keeps_it() -> None:
    assert field_of_parameter("token", "int", None) == Field("token", "int", None)


@pytest.mark.parametrize("name", ["class", "not a name", "__mangled", "str", "int", "Any", "field"])
def test_some_keys_cannot_be_fields(name: str) -> None:
    assert not is_field(name)


def test_the_keys_of_a_providers_table_are_known() -> None:
    assert all(is_reserved(name) for name in RESERVED)
    assert not is_reserved("path")
    assert {name for name in {*RESERVED, "path", "name", "config", "options"} if is_reserved(name)} == RESERVED


@pytest.mark.parametrize(
    ("annotation", "plain"),
    [("Path", True), ("Tuple[int, ...]", True), ("Client", False), ("list[Client]", False)],
)
def test_plain_types_are_those_that_a_file_can_give(annotation: str, plain: bool) -> None:
    assert is_plain(annotation) is plain
