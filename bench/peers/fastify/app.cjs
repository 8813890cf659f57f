// Fastify and pg as their documentation shows them.
// Its best settings: WORKERS processes (cluster), POOL connections each, named (so prepared) statements, a response schema
// for Fastify's compiled serializer, no log.
const cluster = require('node:cluster')
const { PORT, DATABASE_URL, WORKERS, POOL } = process.env

if (cluster.isPrimary && WORKERS > 1) {
  for (let n = 0; n < WORKERS; n++) cluster.fork()
} else {
  const { Pool, types } = require('pg')
  types.setTypeParser(20, Number) // bigint
  // timestamptz, with all six digits of its microseconds, which a Date does not have
  types.setTypeParser(1184, text => `${text.slice(0, 10)}T${text.slice(11, 19)}${(text.slice(19, -3) || '.').padEnd(7, '0')}Z`)
  const pool = new Pool({ connectionString: DATABASE_URL, max: Number(POOL), options: '-c timezone=UTC' })
  const app = require('fastify')()
  const columns = 'id, name, description, price, sku, category, version, created_at, updated_at'
  const kept = 'public, max-age=1, stale-while-revalidate=1, stale-if-error=60'
  const text = { type: 'string' }, maybe = { type: 'string', nullable: true }, number = { type: 'integer' }
  const item = {
    type: 'object',
    properties: {
      id: number, name: text, description: text, price: text, sku: maybe, category: maybe, version: number,
      created_at: text, updated_at: text
    }
  }
  const one = { schema: { response: { 200: item } } }
  const page = { schema: { response: { 200: { type: 'array', items: item } } } }

  app.get('/api/items/', page, async (request, reply) => {
    const { after = 0, limit = 50, q } = request.query
    const { rows } = await pool.query(q
      ? { name: 'search', text: `SELECT ${columns} FROM items WHERE id > $1 AND terms @@ item_terms_query($3) ORDER BY id LIMIT $2`, values: [after, limit, q] }
      : { name: 'page', text: `SELECT ${columns} FROM items WHERE id > $1 ORDER BY id LIMIT $2`, values: [after, limit] })
    return reply.header('cache-control', kept).send(rows)
  })
  app.get('/api/items/:id/', one, async (request, reply) => {
    const { rows } = await pool.query({ name: 'one', text: `SELECT ${columns} FROM items WHERE id = $1`, values: [request.params.id] })
    if (!rows.length) return reply.code(404).send()
    return reply.header('cache-control', kept).send(rows[0])
  })
  app.patch('/api/items/:id/', one, async (request, reply) => {
    const { rows } = await pool.query({ name: 'change', text: `UPDATE items SET price = $2 WHERE id = $1 RETURNING ${columns}`, values: [request.params.id, request.body.price] })
    return rows.length ? rows[0] : reply.code(404).send()
  })
  app.listen({ port: Number(PORT), host: '127.0.0.1' })
}
