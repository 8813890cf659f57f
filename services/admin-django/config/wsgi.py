"""The WSGI application that gunicorn serves."""

from django.core.wsgi import get_wsgi_application
from triptych_shared.request_ids import WSGIRequestIds

application = WSGIRequestIds(get_wsgi_application(), "admin-django")
