"""Operations that refuse even a right request here."""

from __future__ import annotations

from tests.absurd.carriers import OF_CARRIERS
from tests.absurd.operations import Operation

# Refused while the session is live, or about jobs, which there are none of then.
_CLOSED_ONLY = ("/statement", "/export.zip", "/jobs/{job_id}", "/table-exports/{job_id}", "/file", "/open/sessions/{session_id}/report")
# What they are about stands in the query; tests/programmes ask them with absurd ones.
_BY_QUERY = "/comparison"
# Only within a minute after many steps at once.
_MANY_TAKEN_BACK = "/desk/bulk/undo"
# Their bodies are files; tests/catalog has hostile ones.
_FILES = ("/producers/{producer_id}/pictures", "/imports/preview", "/imports/whole", "/imports/right-rows")
_MONEY_FILES = ("/statements", "/statements/preview", "/collections", "/collections/preview", "/bank-notices/{feed_id}")


# They need a signature, or a claim of the very device; tests/comment_orders has hostile ones.
_OF_COMMENTS = ("/comment-sources/{source_id}/comments", "/comment-sources/{source_id}/social-stream", "/claims/mine/{claim_id}/order")


def needs_more(operation: Operation) -> bool:
    """Whether even a right request is refused here: it needs a closed session, or a file."""
    is_own = operation.method == "POST" and operation.template.endswith(
        (*_FILES, *_MONEY_FILES, *_OF_COMMENTS, *OF_CARRIERS, _MANY_TAKEN_BACK)
    )
    return is_own or needs_closed_session(operation)


def needs_closed_session(operation: Operation) -> bool:
    """Whether even a right request is refused during a sale, or without its query."""
    return operation.template.endswith((*_CLOSED_ONLY, _BY_QUERY)) or operation.template.endswith("/exports")
