"""How static files are named: with a hash, so that a browser may keep them for ever."""

from django.contrib.staticfiles.storage import ManifestStaticFilesStorage


class HashedFilesStorage(ManifestStaticFilesStorage):
    """Django's own, with the imports between our ES modules rewritten too."""

    support_js_module_import_aggregation = True
