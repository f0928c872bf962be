// The same with a control store in PostgreSQL.
import { after } from 'node:test'
import { Postgres } from './peers.mjs'
import { quarantine } from './quarantine.mjs'

const postgres = new Postgres()
after(() => postgres.down())

quarantine(async () => {
  postgres.up()
  return `store.url: '${postgres.url('control')}'\n`
})
