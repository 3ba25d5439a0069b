"""Parameter Store on top of moto: pages that are short or empty, and dates that a test sets.

AWS cuts the answer of GetParametersByPath at any point, and may return nothing with a token.
"""

import datetime

from file_systems import Pages
from moto.ssm import models

# moto learns a class's service and its table of URLs from the name of its module.
MOTO_MODULE = models.__name__
LARGEST_PAGE = 10


class Backend(models.SimpleSystemManagerBackend):
    """moto's Parameter Store of one account and region, with AWS's pages."""

    __module__ = MOTO_MODULE

    pages = Pages()

    def get_parameters_by_path(
        self, path, recursive, filters=None, next_token=None, max_results=LARGEST_PAGE
    ):
        """One page of what moto finds in all of its own."""
        found, token = [], None
        while True:
            page, token = super().get_parameters_by_path(
                path, recursive, filters, token, LARGEST_PAGE
            )
            found += page
            if token is None:
                return self.pages.cut(found, max_results, next_token)


def extend_moto():
    """Make moto page like this; call it before the first request."""
    models.ssm_backends.backend = Backend


def put_earlier(name, seconds):
    """Date the newest version of a parameter back; false when there is none."""
    for account in models.ssm_backends.values():
        for backend in account.values():
            parameter = backend.get_parameter(name)
            if parameter is not None:
                parameter.last_modified_date -= datetime.timedelta(seconds=seconds)
                return True
    return False
