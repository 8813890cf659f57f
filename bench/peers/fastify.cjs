// Fastify and pg with eight connections: one item, and a list of 50, with the query prepared.
const [, , port, url] = process.argv
const pool = new (require('pg').Pool)({ connectionString: url, max: 8 })
require('pg').types.setTypeParser(20, Number)
const app = require('fastify')()
const columns = 'id, name, description, price, sku, category, version, created_at, updated_at'
app.get('/api/items/:id/', async (request, reply) => {
  const { rows } = await pool.query({ name: 'one', text: `SELECT ${columns} FROM items WHERE id = $1`, values: [request.params.id] })
  if (!rows.length) return reply.code(404).send({})
  return reply.header('etag', `"${rows[0].version}"`).header('cache-control', 'public, max-age=1').send(rows[0])
})
app.get('/api/items/', async (request, reply) => {
  const { rows } = await pool.query({ name: 'list', text: `SELECT ${columns} FROM items WHERE price >= $1 ORDER BY price, id LIMIT 51`, values: [request.query.min_price] })
  return reply.header('cache-control', 'public, max-age=1').send(rows.slice(0, 50))
})
app.listen({ port: Number(port), host: '127.0.0.1' })
