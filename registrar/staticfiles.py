"""How static files are stored: compressed, named with a hash so that a browser may keep them for ever, and our
stylesheets and modules joined to one file each.
"""

import posixpath
import re
from collections.abc import Iterator
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from whitenoise.storage import CompressedManifestStaticFilesStorage  # type: ignore[import-untyped]

# Each is a list of imports, which a browser can follow as it stands. Collected, it is what it imports.
JOINED = ("css/console.css", "js/console.js")
IMPORT = re.compile(r'^@?import "(?P<path>\./[^"]+)";$', re.MULTILINE)

type Found = dict[str, tuple[Storage, str]]


class HashedFilesStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """WhiteNoise's own, with the imports between our ES modules rewritten, and the files of JOINED written whole."""

    support_js_module_import_aggregation = True

    def post_process(self, paths: Found, dry_run: bool = False, **options: Any) -> Iterator[Any]:
        """Join, then hash and compress. What an unchanged file imports may have changed, so it is joined every time."""
        if not dry_run:
            for name in JOINED:
                content = joined(name, paths)
                self.delete(name)
                self.save(name, ContentFile(content))
                paths = paths | {name: (self, name)}
        yield from super().post_process(paths, dry_run=dry_run, **options)


def joined(name: str, paths: Found) -> bytes:
    """The file with each of its imports replaced by what is imported. Raises KeyError when there is no such file.

    A module's text becomes a block, so that its names stay its own: none of them imports or exports anything.
    """

    def read(wanted: str) -> str:
        storage, path = paths[wanted]
        with storage.open(path) as file:
            return str(file.read().decode())

    def put_in(found: re.Match[str]) -> str:
        text = read(posixpath.normpath(posixpath.join(posixpath.dirname(name), found["path"])))
        return f"{{\n{text}}}\n" if name.endswith(".js") else text

    return IMPORT.sub(put_in, read(name)).encode()
