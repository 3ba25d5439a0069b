"""Parameter Store on top of moto: pages that are short or empty, dates that a test sets, and the limits of
the tiers.

AWS cuts the answer of GetParametersByPath at any point, and may return nothing with a token.
"""

import datetime
import inspect

from file_systems import Pages
from moto.ssm import models
from moto.ssm.exceptions import ValidationException

# moto learns a class's service and its table of URLs from the name of its module.
MOTO_MODULE = models.__name__
LARGEST_PAGE = 10
LONGEST = {"Standard": 4096, "Advanced": 8192}
MOST_LEVELS = 15


class HierarchyLevelLimitExceeded(ValidationException):
    """A name of more than fifteen levels."""

    def __init__(self, message):
        super().__init__(message)
        self.error_type = "HierarchyLevelLimitExceededException"


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


    def put_parameter(self, *given, **named):
        """Refuse what AWS refuses and moto takes."""
        asked = inspect.signature(super().put_parameter).bind(*given, **named).arguments
        name, value, tier = asked["name"], asked["value"], asked.get("tier") or "Standard"
        there = self._parameters[name]
        if len(value.encode()) > LONGEST[tier]:
            raise ValidationException(
                f"{tier} tier parameters support a maximum parameter value of "
                f"{LONGEST[tier]} characters."
            )
        if "{{" in value:
            raise ValidationException("Parameter value can't nest another parameter.")
        if name.count("/") > MOST_LEVELS:
            raise HierarchyLevelLimitExceeded(f"A hierarchy has {MOST_LEVELS} levels.")
        if there and asked["overwrite"]:
            kind = asked["parameter_type"] or there[-1].parameter_type
            if kind != there[-1].parameter_type:
                raise ValidationException("The type of a parameter cannot be changed.")
            if there[-1].tier == "Advanced" and tier == "Standard":
                raise ValidationException("An advanced parameter stays one.")
        return super().put_parameter(*given, **named)


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
