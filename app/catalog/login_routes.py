"""HTTP: logins of producers, made and closed by an organiser."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, status

from app.accounts.access import SignedInUser, needs
from app.accounts.errors import IntentionKeyReused, InvalidUser, LoginTaken, OrganiserOnly
from app.accounts.intentions import Intended
from app.accounts.permissions import Action
from app.accounts.schemas import LoginView, NewLogin, ProducerLoginList
from app.catalog.errors import LoginNotFound, ProducerNotFound
from app.catalog.producer_logins import ProducerLogins
from app.errors import AppError, MalformedRequest, NotSignedIn, OriginRefused
from app.infra.problems import problem_responses
from app.infra.provided import provided

router = APIRouter(prefix="/api/v1", tags=["catalog"])

Logins = Annotated[ProducerLogins, Depends(provided(ProducerLogins))]
_ORGANISER: tuple[type[AppError], ...] = (NotSignedIn, OrganiserOnly, ProducerNotFound, MalformedRequest)


@router.get(
    "/producers/{producer_id}/logins",
    dependencies=[needs(Action.MANAGE_PEOPLE)],
    summary="Logins of a producer",
    responses=problem_responses(*_ORGANISER),
)
async def list_producer_logins(producer_id: UUID, user: SignedInUser, logins: Logins) -> ProducerLoginList:
    """Organisers. Closed ones too."""
    return ProducerLoginList(items=[LoginView.model_validate(each) for each in await logins.list(user, producer_id)])


@router.post(
    "/producers/{producer_id}/logins",
    dependencies=[needs(Action.MANAGE_PEOPLE)],
    summary="Make a login for a producer",
    status_code=status.HTTP_201_CREATED,
    responses=problem_responses(*_ORGANISER, OriginRefused, InvalidUser, LoginTaken, IntentionKeyReused),
)
async def create_producer_login(producer_id: UUID, body: NewLogin, user: SignedInUser, logins: Logins, intention: Intended) -> LoginView:
    """Organisers. Whoever signs in by it sees and changes this producer's goods, and nothing else."""
    made = await logins.create(
        user,
        producer_id,
        login=body.login,
        display_name=body.display_name,
        password=body.password.get_secret_value(),
        intention=intention,
    )
    return LoginView.model_validate(made)


@router.post(
    "/producers/{producer_id}/logins/{user_id}/close",
    dependencies=[needs(Action.MANAGE_PEOPLE)],
    summary="Close a producer's login",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problem_responses(*_ORGANISER, OriginRefused, LoginNotFound),
)
async def close_producer_login(producer_id: UUID, user_id: UUID, user: SignedInUser, logins: Logins) -> None:
    """Organisers. Ends its sign-ins at once; doing it twice changes nothing."""
    await logins.close(user, producer_id, user_id)
