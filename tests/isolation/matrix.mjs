// What each route answers each role of the agency `air` upon things of the agency `civil`. A new route needs a row here:
// tests/e2e/isolation.test.mjs fails without it. `id` is the foreign thing (made anew for each role where it is a
// function), `request` what is sent, `hides` the roles whose success must not tell of the other agency, `unknown` that a
// refusal must be the same as for a thing that is not there (`nothing`, else 1).
export const roles = [
  'visitor', 'citizen', 'analyst', 'official', 'steward', 'agency_auditor', 'agency_administrator',
  'security', 'auditor', 'administrator',
]
const below = ['visitor', 'citizen', 'analyst', 'official', 'steward', 'agency_auditor', 'agency_administrator', 'security']

const everyone = (status = 200, more = {}) => ({ answers: { else: status }, ...more })
// 401 for a visitor, `otherwise` for the rest, and those that are named.
const signed = (otherwise, named = {}, more = {}) => ({ answers: { visitor: 401, else: otherwise, ...named }, ...more })
const json = (body) => () => ({ body })
const victim = (world) => world.victim
const managed = (success, more = {}) =>
  signed(403, { agency_administrator: 404, security: success, administrator: success }, { id: victim, unknown: true, ...more })
const draft = { id: 'civil.draft', nothing: 'civil.nothing', unknown: true }
const closed = { id: 'civil.closed' }
const load = { id: (world) => world.load, unknown: true }

export const matrix = {
  'GET /api/v1/session': everyone(),
  'POST /api/v1/session': everyone(400, { request: json({}) }),
  'DELETE /api/v1/session': signed(204, {}, {
    after: (world, person) => (person.cookie ? person.signIn() : undefined),
  }),
  'POST /api/v1/invitations/look': everyone(404, { request: json({ secret: 'x' }) }),
  'POST /api/v1/invitations/accept': everyone(404, { request: json({ secret: 'x', password: 'long enough for one' }) }),

  'POST /api/v1/account/password': signed(400, {}, { request: json({}) }),
  'POST /api/v1/account/second-factor': signed(400, {}, { request: json({}) }),
  'POST /api/v1/account/second-factor/confirm': signed(400, {}, { request: json({}) }),
  'POST /api/v1/account/second-factor/codes': signed(400, {}, { request: json({}) }),
  'POST /api/v1/account/second-factor/remove': signed(400, {}, { request: json({}) }),
  'GET /api/v1/sessions': signed(200, {}, { hides: roles }),
  'DELETE /api/v1/sessions/{id}': signed(404, { security: 204, administrator: 204 }, {
    id: (world) => world.session(), unknown: true,
  }),

  'GET /api/v1/accounts': signed(403, { agency_administrator: 200, security: 200, auditor: 200, administrator: 200 }, {
    hides: ['agency_administrator'],
  }),
  'POST /api/v1/accounts': signed(403, { security: 201, administrator: 201 }, {
    request: (world) => ({
      body: { name: `new_${++world.n}`, display_name: 'x', role: 'official', agency: 'civil', password: 'long enough for one' },
    }),
  }),
  'GET /api/v1/accounts/{id}': managed(200, { answers: {
    visitor: 401, else: 403, agency_administrator: 404, security: 200, auditor: 200, administrator: 200,
  } }),
  'PATCH /api/v1/accounts/{id}': managed(200, { request: json({ display_name: 'victim' }) }),
  'POST /api/v1/accounts/{id}/lock': managed(200),
  'POST /api/v1/accounts/{id}/unlock': managed(200),
  'POST /api/v1/accounts/{id}/invitation': managed(201, { request: json({}) }),
  'POST /api/v1/accounts/{id}/grant': managed(200, { request: json({ role: 'analyst', agency: 'civil' }) }),
  'POST /api/v1/accounts/{id}/revoke': managed(200, {
    request: async (world) => {
      await world.operator('POST', `/api/v1/accounts/${world.victim}/grant`, { role: 'analyst', agency: 'civil' })
      return { body: { role: 'analyst', agency: 'civil' } }
    },
  }),
  'GET /api/v1/accounts/{id}/sessions': managed(200, { answers: {
    visitor: 401, else: 403, agency_administrator: 404, security: 200, auditor: 200, administrator: 200,
  } }),
  'DELETE /api/v1/accounts/{id}/sessions': managed(204),
  'DELETE /api/v1/accounts/{id}/second-factor': managed(204),

  'GET /api/v1/tokens': signed(200, {}, { hides: roles }),
  'POST /api/v1/tokens': signed(400, {}, { request: json({}) }),
  'DELETE /api/v1/tokens/{id}': signed(404, { security: 204, administrator: 204 }, {
    id: async (world) => { await world.people.victim.signIn(); return world.token() }, unknown: true,
  }),

  'GET /api/v1/regions': everyone(),
  'GET /api/v1/agencies': everyone(),
  'POST /api/v1/agencies': signed(403, { administrator: 201 }, {
    request: (world) => ({ body: { name: `agency_${++world.n}`, title: { zh: '新' } } }),
  }),
  // That there is an agency is public: what may not be done to it is 403.
  'PATCH /api/v1/agencies/{id}': signed(403, { administrator: 200 }, { id: 'civil', request: json({ title: { zh: '民政厅', en: 'x' } }) }),
  'POST /api/v1/agencies/{id}/close': signed(403, { administrator: 200 }, {
    id: 'civil', after: (world) => world.operator('POST', '/api/v1/agencies/civil/open'),
  }),
  'POST /api/v1/agencies/{id}/open': signed(403, { administrator: 200 }, { id: 'civil' }),

  'GET /api/v1/audit': signed(403, { agency_auditor: 404, auditor: 200 }, { query: '?agency=civil' }),
  'GET /api/v1/audit.csv': signed(403, { agency_auditor: 404, auditor: 200 }, { query: '?agency=civil' }),

  'GET /api/v1/datasets': everyone(200, { hides: below }),
  'POST /api/v1/datasets': signed(403, { administrator: 201 }, {
    request: (world) => ({ body: { id: `civil.new_${++world.n}`, title: { zh: '新' }, abstract: { zh: '新' }, theme: 'environment', openness: 'closed', closed_reason: '测试', sharing: 'withheld', update_cycle: 'day' } }),
  }),
  'GET /api/v1/datasets/{id}': everyone(404, { ...draft, answers: { else: 404, auditor: 200, administrator: 200 } }),
  'PATCH /api/v1/datasets/{id}': signed(404, { auditor: 403, administrator: 200 }, {
    ...draft,
    request: async (world) => {
      const { headers } = await world.operator('GET', '/api/v1/datasets/civil.draft')
      return { body: { title: { zh: '改' } }, headers: { 'If-Match': headers.get('etag') } }
    },
  }),
  'POST /api/v1/datasets/{id}/review': signed(404, { auditor: 403, administrator: 409 }, { ...draft, request: json({ act: 'publish' }) }),
  'GET /api/v1/overview': everyone(200, { hides: below }),
  'GET /api/v1/datasets/{id}/versions': everyone(200, closed),
  'GET /api/v1/datasets/{id}/versions/{number}': everyone(200, closed),
  'POST /api/v1/datasets/{id}/versions/{number}/withdraw': signed(404, { auditor: 403, administrator: 200 }, { ...closed, request: json({ reason: 'x' }) }),
  'POST /api/v1/datasets/{id}/versions/{number}/restore': signed(404, { auditor: 403, administrator: 200 }, { ...closed, request: json({ reason: 'x' }) }),
  'GET /api/v1/datasets/{id}/diff': signed(404, { auditor: 400, administrator: 400 }, { ...closed, query: '?from=1&to=1' }),
  'GET /api/v1/datasets/{id}/retention': signed(404, { auditor: 403, administrator: 200 }, closed),
  'PUT /api/v1/datasets/{id}/retention': signed(404, { auditor: 403, administrator: 200 }, { ...closed, request: json({}) }),
  'GET /api/v1/datasets/{id}/rows': signed(404, { auditor: 200, administrator: 200 }, closed),
  'GET /api/v1/datasets/{id}/export': signed(404, { auditor: 200, administrator: 200 }, closed),
  'GET /api/v1/datasets/{id}/loads': signed(403, { administrator: 200 }, closed),
  'POST /api/v1/datasets/{id}/loads': signed(403, { administrator: 201 }, {
    ...closed, request: () => ({ body: 'station,pm25\nSECRETROW,2\n', headers: { Prefer: 'wait=60' } }),
  }),

  'OPTIONS /api/v1/uploads': everyone(204),
  'POST /api/v1/uploads': signed(403, { steward: 201, administrator: 201 }, {
    request: () => ({ headers: { 'Tus-Resumable': '1.0.0', 'Upload-Length': '3' } }),
  }),
  'GET /api/v1/uploads/{id}': signed(403, { steward: 404, administrator: 404 }, { id: (world) => world.upload(), unknown: true }),
  'PATCH /api/v1/uploads/{id}': signed(403, { steward: 404, administrator: 404 }, {
    id: (world) => world.upload(), unknown: true,
    request: () => ({ body: 'abc', headers: { 'Tus-Resumable': '1.0.0', 'Upload-Offset': '0' } }),
  }),
  'DELETE /api/v1/uploads/{id}': signed(403, { steward: 404, administrator: 404 }, {
    id: (world) => world.upload(), unknown: true, request: () => ({ headers: { 'Tus-Resumable': '1.0.0' } }),
  }),
  'POST /api/v1/uploads/{id}': signed(403, { steward: 404, administrator: 404 }, {
    id: (world) => world.upload(), unknown: true,
    request: () => ({ body: 'abc', headers: { 'Tus-Resumable': '1.0.0', 'Upload-Offset': '0', 'X-HTTP-Method-Override': 'PATCH' } }),
  }),
  'GET /api/v1/uploads/{id}/preview': signed(403, { steward: 404, administrator: 404 }, {
    id: (world) => world.upload(), unknown: true,
  }),

  'GET /api/v1/loads/{id}': signed(404, { administrator: 200 }, load),
  'GET /api/v1/loads/{id}/preview': signed(404, { administrator: 200 }, load),
  'PATCH /api/v1/loads/{id}': signed(404, { administrator: 200 }, { ...load, request: json({ note: 'x' }) }),
  'POST /api/v1/loads/{id}/publish': signed(404, { administrator: 409 }, load),
  'POST /api/v1/loads/{id}/refuse': signed(404, { administrator: 409 }, load),
  'GET /api/v1/loads/{id}/quarantine': signed(404, { auditor: 200, administrator: 200 }, load),

  'GET /api/v1/datasets/{id}/recipe': signed(404, { auditor: 403, administrator: 200 }, { ...draft }),
  'PUT /api/v1/datasets/{id}/recipe': signed(404, { auditor: 403, administrator: 200 }, { ...draft, request: json({}) }),
  'DELETE /api/v1/datasets/{id}/recipe': signed(404, { auditor: 403, administrator: 204 }, { ...draft }),
  'POST /api/v1/jobs/{id}/stop': signed(404, { auditor: 403, administrator: 409 }, { id: (world) => world.job, unknown: true }),
  'POST /api/v1/jobs/{id}/again': signed(404, { auditor: 403, administrator: 409 }, { id: (world) => world.job, unknown: true }),
  'GET /api/v1/schedules': signed(403, { auditor: 200, administrator: 200 }),
  'PATCH /api/v1/schedules/{name}': signed(403, { administrator: 404 }, { request: () => ({ body: {}, headers: { 'If-Match': '"1"' } }) }),
  'POST /api/v1/schedules/{name}/run': signed(403, { administrator: 404 }),
  'GET /api/v1/calendar/{year}': everyone(200),
  'GET /api/v1/workdays': everyone(400),
  'PUT /api/v1/calendar/{year}': signed(403, { administrator: 400 }, { request: json({}) }),

  'GET /api/v1/datasets/{id}/attachments': everyone(404, { ...draft, answers: { else: 404, auditor: 200, administrator: 200 } }),
  'POST /api/v1/datasets/{id}/attachments': signed(404, { auditor: 403, administrator: 201 }, {
    ...draft, query: '?file=a.txt', request: () => ({ body: 'text', headers: { 'Content-Type': 'text/plain' } }),
  }),
  'GET /api/v1/attachments/{id}': everyone(404),
  'DELETE /api/v1/attachments/{id}': signed(404),
  'GET /api/v1/datasets/{id}/subscription': signed(404, { auditor: 200, administrator: 200 }, draft),
  'POST /api/v1/datasets/{id}/subscription': signed(404, { auditor: 200, administrator: 200 }, draft),
  'DELETE /api/v1/datasets/{id}/subscription': signed(404, { auditor: 204, administrator: 204 }, draft),
  'GET /api/v1/datasets/{id}/news': everyone(404, { ...draft, answers: { else: 404, auditor: 200, administrator: 200 } }),
  'GET /api/v1/news': signed(200, {}, { hides: below }),
  'GET /api/v1/shared-fields': everyone(200, { hides: below }),
  'POST /api/v1/shared-fields': signed(400, {}, { request: json({}) }),
  'GET /api/v1/catalogue-imports/template': everyone(200),
  'POST /api/v1/catalogue-imports': signed(400, {}, { request: () => ({ body: 'x' }) }),
  'GET /api/v1/systems': signed(200, {}, { hides: below }),
  'POST /api/v1/systems': signed(400, {}, { request: json({}) }),
  'GET /api/v1/systems/{id}': signed(404, {}, {}),
  'PATCH /api/v1/systems/{id}': signed(404, {}, { request: () => ({ body: {}, headers: { 'If-Match': '"1"' } }) }),
  'GET /api/v1/quarantine': signed(200, {}, { hides: below }),
  'GET /api/v1/loads/{id}/quarantine/acts': signed(404, { auditor: 200, administrator: 200 }, load),
  'POST /api/v1/loads/{id}/quarantine/acts': signed(404, { auditor: 403, administrator: 409 }, {
    ...load, request: json({ kind: 'mend', line: 3, cells: { nothing: '1' } }),
  }),
  'DELETE /api/v1/loads/{id}/quarantine/acts/{act}': signed(404, {}, load),
  'POST /api/v1/loads/{id}/quarantine/preview': signed(404, { auditor: 200, administrator: 200 }, {
    ...load, request: json({ what: 'trim' }),
  }),
  'GET /api/v1/loads/{id}/quarantine/file': signed(404, { auditor: 200, administrator: 200 }, load),
  'POST /api/v1/loads/{id}/quarantine/file': signed(404, { auditor: 403, administrator: 409 }, { ...load, request: () => ({ body: 'x' }) }),
  'POST /api/v1/loads/{id}/quarantine/publish': signed(404, { auditor: 403, administrator: 409 }, load),
  'GET /metrics': everyone(200),
  'GET /api/v1/health': signed(403, { auditor: 200, administrator: 200 }),
  'GET /api/v1/backups': signed(403, { auditor: 200, administrator: 200 }),
  'POST /api/v1/backups': signed(403, { administrator: 201 }, { request: json({}) }),

  'GET /api/v1/jobs': signed(200, {}, { hides: below }),
  'GET /api/v1/jobs/{id}': signed(404, { auditor: 200, administrator: 200 }, { id: (world) => world.job, unknown: true }),
  'GET /api/v1/jobs/{id}/events': signed(404, { auditor: 200, administrator: 200 }, { id: (world) => world.job, unknown: true }),

  'GET /api/v1/openapi.json': everyone(),
  'GET /health/live': everyone(),
  'GET /health/ready': everyone(),
}
