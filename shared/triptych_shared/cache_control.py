"""How long a cache may keep the response of a public read: the gateway's micro-cache, a browser's, a CDN's."""

# Fresh for 1 s; served stale for 1 s more while a new response is fetched, and for 60 s while no service answers.
PUBLIC_READ = "public, max-age=1, stale-while-revalidate=1, stale-if-error=60"
