"""Tests of api-fastapi; run in its folder."""
