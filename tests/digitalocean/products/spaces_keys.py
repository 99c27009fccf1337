"""Access keys of Spaces; its buckets are S3's: ``spaces.py`` beside this folder."""

from digitalocean.identity import hex_of
from digitalocean.shapes import NOW, Call, Collection, Endpoint, Object, Product, Reply

_KEYS = "/v2/spaces/keys"


def _new_key(call: Call) -> Object:
    grants = [one | {"bucket": one.get("bucket", "")} for one in call.body.get("grants") or ()]
    return {"access_key": f"DO00{hex_of(call.seed, 16).upper()}", "created_at": NOW, "grants": grants}


def _secret_once(call: Call, stored: Object) -> Object:
    """Only the answer to its creation shows the secret."""
    return {"key": stored | {"secret_key": hex_of(f"secret {call.seed}", 43)}}


def _read(call: Call) -> Reply:
    """The document shows a list of one; the service's own client reads the member ``key``: both are answered."""
    stored = call.cloud.require(_KEYS, call.parameters["key"])
    return Reply(body={"keys": [stored], "key": stored, "links": {}, "meta": {"total": 1}})


PRODUCT = Product(
    collections=(
        Collection(
            path=_KEYS,
            many="keys",
            one="key",
            id="access_key",
            make=_new_key,
            with_new=_secret_once,
            filters={"name": "name"},
        ),
    ),
    endpoints=(Endpoint(method="GET", path=_KEYS + "/{key}", answer=_read),),
)
