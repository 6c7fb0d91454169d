"""HTTP bodies of login and account routes."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, AliasChoices, BaseModel, ConfigDict, Field, SecretStr

from app.accounts.permissions import Role


def is_text(secret: SecretStr) -> SecretStr:
    """JSON may carry half of a surrogate pair, which is no text and cannot be hashed."""
    try:
        secret.get_secret_value().encode()
    except UnicodeEncodeError:
        raise ValueError("must be text") from None
    return secret


class LoginRequest(BaseModel):
    """Login and password of an organiser or host. `username` is taken as another spelling of `login`."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"login": "bantochuc.hatinh", "password": "cam-vu-quang-2026"}]}
    )

    login: str = Field(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f]*$", validation_alias=AliasChoices("login", "username"))
    password: Annotated[SecretStr, AfterValidator(is_text)] = Field(min_length=1, max_length=256)
    code: str | None = Field(
        None, min_length=6, max_length=12, pattern=r"^[0-9 ]*$", description="of the phone, where a second factor is on"
    )


class UserView(BaseModel):
    """The signed-in person."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "examples": [
                {
                    "id": "5f0b6a0e-6c0f-4c7e-9d55-0a3f6f5f8a10",
                    "organisation_id": "0d6ea9f2-8f0b-4a62-b9b0-7d1f9c1d3f42",
                    "organisation_name": "Ban tổ chức Chợ phiên OCOP Hà Tĩnh",
                    "login": "bantochuc.hatinh",
                    "display_name": "Trần Thị Ban Mai",
                    "role": "organiser",
                }
            ]
        },
    )

    id: UUID
    organisation_id: UUID
    organisation_name: str
    login: str
    display_name: str
    role: Role


class NewLogin(BaseModel):
    """A login for a producer, with a first password to hand over."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"login": "htx.matong", "display_name": "Cô Sen", "password": "mat-ong-huong-son-26"}]},
    )

    login: str = Field(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f]*$")
    display_name: str = Field(min_length=1, max_length=200)
    password: Annotated[SecretStr, AfterValidator(is_text)] = Field(min_length=1, max_length=256)


class LoginView(BaseModel):
    """A login as its organisation sees it; `is_active` is false once it was closed."""

    model_config = ConfigDict(from_attributes=True)

    user_id: UUID
    login: str
    display_name: str
    is_active: bool


class ProducerLoginList(BaseModel):
    items: list[LoginView]
