"""The WSGI application that gunicorn serves."""

from django.core.wsgi import get_wsgi_application
from triptych_shared.request_ids import WSGIRequestIds

django = get_wsgi_application()  # first: what follows needs the settings

from accounts.admission import Admission  # noqa: E402

application = WSGIRequestIds(Admission(django), "admin-django")
