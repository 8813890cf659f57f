"""Numbers for people."""

from django import template

register = template.Library()


@register.filter
def grouped(number: int) -> str:
    """Return the number with its thousands apart: 1,234,567."""
    return f"{number:,}"
