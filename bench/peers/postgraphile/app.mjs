// PostGraphile over the table as it is: its amber preset, the GraphQL that it makes of the schema, nothing written by hand.
// Its best settings: WORKERS processes (cluster), POOL connections each (it prepares its statements), no GraphiQL, no
// watching, no explaining. Queries also by GET, at a path that the gateway knows, so that an HTTP cache can keep answers.
import cluster from 'node:cluster'
import { createServer } from 'node:http'

const { PORT, DATABASE_URL, WORKERS, POOL } = process.env

if (cluster.isPrimary && WORKERS > 1) {
  for (let n = 0; n < WORKERS; n++) cluster.fork()
} else {
  const { postgraphile } = await import('postgraphile')
  const { PostGraphileAmberPreset } = await import('postgraphile/presets/amber')
  const { makePgService } = await import('postgraphile/adaptors/pg')
  const { grafserv } = await import('postgraphile/grafserv/node')
  const application = postgraphile({
    extends: [PostGraphileAmberPreset],
    pgServices: [makePgService({ connectionString: DATABASE_URL, schemas: ['public'], poolConfig: { max: Number(POOL) } })],
    grafserv: { graphqlPath: '/api/items/', graphqlOverGET: true, graphiql: false, watch: false },
    grafast: { explain: false }
  })
  const server = createServer((request, response) => {
    if (request.method === 'GET') response.setHeader('cache-control', 'public, max-age=1, stale-while-revalidate=1, stale-if-error=60')
  })
  await application.createServ(grafserv).addTo(server)
  server.listen(Number(PORT), '127.0.0.1')
}
