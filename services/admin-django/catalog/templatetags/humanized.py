"""Numbers and names for people."""

from django import template

from catalog.audit_actor import author

register = template.Library()


@register.filter
def grouped(number: int) -> str:
    """Return the number with its thousands apart: 1,234,567."""
    return f"{number:,}"


register.filter("author", author)
