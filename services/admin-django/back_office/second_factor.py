"""The second factor: a code of an authenticator (TOTP, RFC 6238), and recovery codes for the day it is lost."""

import base64
from io import BytesIO
from typing import TYPE_CHECKING, Any

import qrcode
import qrcode.image.svg
from django.contrib import messages
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django_otp import devices_for_user, login
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

if TYPE_CHECKING:
    from django.contrib.admin import AdminSite

RECOVERY_CODES = 10


def has_second_factor(user: User) -> bool:
    """Return whether the user comes in with a code only."""
    return bool(TOTPDevice.objects.filter(user=user, confirmed=True).exists())


def remove_second_factor(user: User) -> int:
    """Take the second factor away, recovery codes included; return how many devices that were."""
    devices = list(devices_for_user(user, confirmed=None))
    for device in devices:
        device.delete()
    return len(devices)


def second_factor_view(site: "AdminSite", request: HttpRequest) -> HttpResponse:
    """Show a QR code until the user has sent a code from it, then ten recovery codes, once."""
    user: Any = request.user
    context: dict[str, Any] = {**site.each_context(request), "title": "Second factor"}
    if request.method == "POST" and "remove" in request.POST:
        remove_second_factor(user)
        messages.success(request, "You come in without a code from now on.")
        return HttpResponseRedirect(reverse("admin:second_factor"))
    if has_second_factor(user):
        return TemplateResponse(request, "back_office/second_factor.html", {**context, "set_up": True})
    device = TOTPDevice.objects.filter(user=user, confirmed=False).first()
    device = device or TOTPDevice.objects.create(user=user, confirmed=False, name="Authenticator")
    code = request.POST.get("code", "").replace(" ", "")[:16]
    if request.method == "POST":
        if codes := _confirm(device, code):
            login(request, device)
            return TemplateResponse(request, "back_office/second_factor.html", {**context, "codes": codes})
        messages.error(request, "This is not the code that the authenticator shows now.")
    key = base64.b32encode(device.bin_key).decode().rstrip("=")
    context |= {"image": _qr_code(device.config_url), "key": key, "required": not site.has_permission(request)}
    context |= {"typed": request.POST.get("code", "")}
    return TemplateResponse(request, "back_office/second_factor.html", context)


def _confirm(device: TOTPDevice, code: str) -> list[str]:
    """Return new recovery codes when the code is right, else nothing."""
    with transaction.atomic():
        if not device.verify_is_allowed()[0] or not device.verify_token(code):
            return []
        device.confirmed = True
        device.save()
        recovery = StaticDevice.objects.create(user=device.user, name="Recovery codes")
        codes = [StaticToken.random_token() for _ in range(RECOVERY_CODES)]
        StaticToken.objects.bulk_create(StaticToken(device=recovery, token=token) for token in codes)
        return codes


def _qr_code(text: str) -> str:
    """Return a picture as a data URL: the secret in it is in no log and no cache."""
    image = BytesIO()
    qrcode.make(text, image_factory=qrcode.image.svg.SvgPathFillImage).save(image)
    return "data:image/svg+xml;base64," + base64.b64encode(image.getvalue()).decode()
