// The catalogue as its people use it: import, review, subscriptions, attachments, one datum one source,
// the register of systems, the figures of the province, on SQLite and on PostgreSQL.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { after, before, describe } from 'node:test'
import { Server, folder, init, remove } from './support.mjs'
import { Postgres } from './peers.mjs'

const heads = '信息资源名称,信息资源代码,主题,信息资源分类,信息资源摘要,信息资源格式,共享类型,共享条件,开放类型,不开放理由,更新周期,联系部门,联系电话'
const line = (title, code, more = {}) =>
  [title, code, '环境', '生态环保', `${title}的摘要`, '数据库', more.sharing ?? '有条件共享', more.condition ?? '经本厅同意', more.openness ?? '不开放',
    more.reason ?? '含内部信息', more.cycle ?? '每日', '数据处', '027-1'].join(',')
const schema = (title) => ({ fields: [{ name: 'code', type: 'string', title: { zh: '统一社会信用代码' } }, { name: 'v', type: 'string', title: { zh: title } }] })

for (const kind of ['SQLite', 'PostgreSQL'])
  describe(`the catalogue on ${kind}`, () => {
    const place = folder('catalog')
    const server = new Server(join(place, 'var'))
    let peer
    const password = 'correct horse battery'
    const tokens = {}

    /** As an account, by a session of its own. */
    async function as(name, method, path, body, headers = {}) {
      const { cookie, csrf } = tokens[name]
      const bytes = typeof body === 'string' || body instanceof Uint8Array
      const answer = await fetch(server.url + path, {
        method,
        headers: { Cookie: cookie, 'X-CSRF-Token': csrf, 'Content-Type': bytes ? 'text/csv' : 'application/json', ...headers },
        body: body === undefined || bytes ? body : JSON.stringify(body),
      })
      const text = await answer.text()
      return { status: answer.status, text, json: text.startsWith('{') ? JSON.parse(text) : undefined }
    }
    async function account(name, role, agency) {
      const made = await server.api('POST', '/api/v1/accounts', { name, display_name: name, role, password, ...(agency ? { agency } : {}) })
      assert.equal(made.status, 201, made.text)
      const signed = await fetch(`${server.url}/api/v1/session`, {
        method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ name, password }),
      })
      assert.equal(signed.status, 201)
      tokens[name] = { cookie: signed.headers.get('set-cookie').split(';')[0], csrf: (await signed.json()).csrf }
    }
    const visitor = (path) => fetch(server.url + path).then(async (r) => ({ status: r.status, json: await r.json() }))
    const importing = (who, text, query = '') => as(who, 'POST', `/api/v1/catalogue-imports?file=c.csv&agency=air${query}`, text)

    before(async () => {
      if (kind === 'PostgreSQL') {
        peer = new Postgres()
        peer.up()
      }
      init(server.data, peer ? { config: `store.url: '${peer.url('control')}'\n` } : {})
      await server.up()
      for (const [name, region] of [['air', '420000'], ['city', '420100']]) {
        const made = await server.api('POST', '/api/v1/agencies', { name, title: { zh: `${name}厅`, en: name }, region })
        assert.equal(made.status, 201, made.text)
      }
      await account('first', 'steward', 'air')
      await account('second', 'steward', 'air')
      await account('foreign', 'steward', 'city')
    })
    after(async () => {
      await server.down()
      peer?.down()
      remove(place)
    })

    test('a catalogue with a wrong line imports nothing and says which line; mended, it imports once', async () => {
      const template = await fetch(`${server.url}/api/v1/catalogue-imports/template`)
      assert.match(await template.text(), /信息资源名称,英文名称,信息资源代码/)
      const wrong = [heads, line('空气质量', 'A/1'), line('水质', 'A/2', { condition: '' }), line('噪声', 'A/1'), line('土壤', 'A/4', { cycle: '每世纪' })].join('\n')
      const refused = await importing('first', wrong)
      assert.equal(refused.status, 200, refused.text)
      assert.equal(refused.json.imported, false)
      assert.equal(refused.json.wrong, 3)
      assert.deepEqual(refused.json.items.filter((i) => i.outcome === 'wrong').map((i) => [i.line, i.problem.code, i.problem.subject]), [
        [3, 'catalog.incomplete', 'sharing_condition'],
        [4, 'catalog.import_code_twice', 'A/1'],
        [5, 'catalog.code', 'update_cycle'],
      ])
      assert.equal((await as('first', 'GET', '/api/v1/datasets')).json.total, 0)

      const right = [heads, line('空气质量', 'A/1'), line('水质', 'A/2'), line('土壤', 'A/4', { sharing: '无条件', condition: '' })].join('\n')
      const checked = await importing('first', right, '&check=only')
      assert.deepEqual([checked.json.imported, checked.json.added], [false, 3])
      const done = await importing('first', right)
      assert.deepEqual([done.json.imported, done.json.added, done.json.wrong], [true, 3, 0])
      assert.deepEqual(done.json.items.map((i) => i.dataset), ['air.kong_qi_zhi_liang', 'air.shui_zhi', 'air.tu_rang'])
      const again = await importing('first', right)
      assert.deepEqual([again.json.added, again.json.changed, again.json.unchanged], [0, 0, 3])
      const changed = await importing('first', right.replace('水质的摘要', '地表水水质'))
      assert.deepEqual([changed.json.added, changed.json.changed, changed.json.unchanged], [0, 1, 2])
      const some = await importing('first', [heads, line('噪声', 'A/5'), line('x', '')].join('\n'), '&wrong=skip')
      assert.deepEqual([some.json.imported, some.json.added, some.json.wrong], [true, 1, 1])
      assert.equal((await importing('foreign', right)).status, 403)
    })

    test('a workbook imports like a table of text, and once', async () => {
      const book = readFileSync(join(import.meta.dirname, 'catalogue.xlsx'))
      const send = () => server.api('POST', '/api/v1/catalogue-imports?file=catalogue.xlsx&agency=city', book)
      const done = await send()
      assert.deepEqual([done.json.imported, done.json.added, done.json.items.map((i) => i.code)], [true, 2, ['X/1', 'X/2']], done.text)
      const again = await send()
      assert.deepEqual([again.json.added, again.json.unchanged], [0, 2])
      assert.equal((await visitor('/api/v1/datasets?agency=city')).json.total, 2) // an administrator's are published
    })

    test('what was imported waits for a second steward; a foreign one and a visitor do not know of it', async () => {
      const name = '/api/v1/datasets/air.shui_zhi'
      assert.equal((await visitor(name)).status, 404)
      for (const path of [name, `${name}/versions`, `${name}/attachments`, `${name}/news`, `${name}/subscription`])
        assert.equal((await as('foreign', 'GET', path)).status, 404, path)
      assert.equal((await as('foreign', 'POST', `${name}/review`, { act: 'publish' })).status, 404)
      assert.equal((await as('foreign', 'POST', `${name}/loads?file=a.csv`, 'a\n1\n')).status, 404)
      assert.equal((await as('first', 'GET', '/api/v1/datasets?state=submitted')).json.total, 4)
      assert.equal((await as('first', 'POST', `${name}/review`, { act: 'publish' })).json.code, 'catalog.own_review')
      const back = await as('second', 'POST', `${name}/review`, { act: 'send_back', reason: '摘要要写明断面' })
      assert.deepEqual([back.json.state, back.json.review_note], ['draft', '摘要要写明断面'])
      assert.equal((await as('first', 'POST', `${name}/review`, { act: 'submit' })).json.state, 'submitted')
      assert.equal((await as('second', 'POST', `${name}/review`, { act: 'publish' })).json.state, 'published')
      const seen = await visitor(name)
      assert.deepEqual([seen.status, seen.json.contact, seen.json.sharing_condition, seen.json.gaps], [200, '数据处', '经本厅同意', []])
      assert.equal(seen.json.review_note, undefined)
      assert.equal((await visitor('/api/v1/datasets?q=sz')).json.total, 1) // shui zhi
      assert.equal((await visitor('/api/v1/datasets')).json.facets.state.length, 1)
    })

    test('a subscriber sees what happens, from his subscription on', async () => {
      const name = '/api/v1/datasets/air.shui_zhi'
      assert.equal((await as('foreign', 'POST', `${name}/subscription`)).json.subscribed, true)
      assert.deepEqual((await as('foreign', 'GET', '/api/v1/news')).json.items, [])
      const etag = (await as('first', 'GET', name)).json.etag
      assert.equal((await as('first', 'PATCH', name, { abstract: { zh: '断面' } }, { 'If-Match': etag })).status, 200)
      const load = await as('first', 'POST', `${name}/loads?file=a.csv`, 'code,v\nA,1\n', { Prefer: 'wait=60' })
      assert.equal(load.json.state, 'published', load.text)
      const news = (await as('foreign', 'GET', '/api/v1/news')).json.items
      assert.deepEqual(news.map((n) => [n.event, n.detail, n.dataset]), [['version.published', '1', 'air.shui_zhi'], ['entry.changed', null, 'air.shui_zhi']])
      assert.equal((await visitor(`${name}/news`)).json.items.length, 3)
      assert.equal((await as('foreign', 'DELETE', `${name}/subscription`)).status, 204)
      assert.deepEqual((await as('foreign', 'GET', '/api/v1/news')).json.items, [])
      assert.equal((await visitor('/api/v1/datasets?mounted=yes')).json.total, 1)
      assert.equal((await visitor('/api/v1/datasets?freshness=fresh')).json.total, 1)
    })

    test('an attachment is kept by its digest and given out as a file', async () => {
      const path = '/api/v1/datasets/air.shui_zhi/attachments'
      assert.equal((await as('foreign', 'POST', `${path}?file=x.pdf`, '%PDF')).status, 403)
      const made = await as('first', 'POST', `${path}?file=${encodeURIComponent('办法 1.pdf')}`, '%PDF-1.7')
      assert.equal(made.status, 201, made.text)
      assert.equal((await as('first', 'POST', `${path}?file=${encodeURIComponent('办法 1.pdf')}`, '%PDF-1.7')).json.id, made.json.id)
      const file = await fetch(`${server.url}/api/v1/attachments/${made.json.id}`)
      assert.equal(await file.text(), '%PDF-1.7')
      assert.match(file.headers.get('content-disposition'), /^attachment; filename\*=UTF-8''%E5%8A%9E%E6%B3%95%201.pdf$/)
      assert.match(file.headers.get('content-type'), /octet-stream/)
      assert.match(file.headers.get('content-security-policy'), /sandbox/)
      assert.equal((await as('foreign', 'DELETE', `/api/v1/attachments/${made.json.id}`)).status, 403)
      assert.equal((await as('first', 'DELETE', `/api/v1/attachments/${made.json.id}`)).status, 204)
      assert.equal((await visitor(`/api/v1/attachments/${made.json.id}`)).status, 404)
    })

    test('a field that two agencies hold is shown with both, and an administrator names its source', async () => {
      await server.dataset('air.firms', schema('排污量'))
      await server.dataset('city.firms', schema('地址'))
      const held = (await visitor('/api/v1/shared-fields')).json
      assert.equal(held.total, 1)
      assert.deepEqual(held.items[0].holders.map((h) => [h.dataset, h.agency.name, h.column]), [['air.firms', 'air', 'code'], ['city.firms', 'city', 'code']])
      assert.equal(held.items[0].source, null)
      const set = { field: held.items[0].field, agency: 'city', note: '登记机关' }
      assert.equal((await as('first', 'POST', '/api/v1/shared-fields', set)).status, 403)
      assert.equal((await server.api('POST', '/api/v1/shared-fields', { ...set, field: '地址', agency: 'air' })).json.code, 'catalog.no_holder')
      assert.equal((await server.api('POST', '/api/v1/shared-fields', set)).status, 204)
      const now = (await visitor(`/api/v1/shared-fields?q=${encodeURIComponent('信用')}`)).json
      assert.deepEqual([now.items[0].source.agency.name, now.items[0].source.note], ['city', '登记机关'])
      assert.equal((await server.api('POST', '/api/v1/shared-fields', { field: set.field })).status, 204)
      assert.equal((await visitor('/api/v1/shared-fields')).json.items[0].source, null)
    })

    test('the three gates of a system follow from what is registered, each with its reason', async () => {
      const body = { agency: 'air', title: { zh: '在线监测系统' }, level: 3, state: 'planned', place: 'government_cloud', network: 'isolated', interface: 'none' }
      assert.equal((await as('foreign', 'POST', '/api/v1/systems', body)).status, 403)
      const made = await as('first', 'POST', '/api/v1/systems', body)
      assert.equal(made.status, 201, made.text)
      const { gates, id, etag } = made.json
      assert.deepEqual(gates, {
        approved: false, accepted: false, needs: { pass: false, reason: 'no_needs' },
        interconnection: { pass: false, reason: 'network' }, contribution: { pass: false, reason: 'nothing_offered' },
      })
      assert.equal((await as('foreign', 'GET', `/api/v1/systems/${id}`)).status, 404)
      assert.equal((await as('foreign', 'GET', '/api/v1/systems')).json.total, 0)
      assert.equal((await as('foreign', 'PATCH', `/api/v1/systems/${id}`, { level: 2 }, { 'If-Match': etag })).status, 404)
      const needs = await as('first', 'PATCH', `/api/v1/systems/${id}`, { needs: [{ title: '企业登记', dataset: 'city.firms' }] }, { 'If-Match': etag })
      assert.deepEqual([needs.json.gates.needs.pass, needs.json.gates.approved], [true, false]) // gives nothing: neither
      const offers = await as('first', 'PATCH', `/api/v1/systems/${id}`, { offers: [{ title: '水质' }], network: 'government_extranet' }, { 'If-Match': needs.json.etag })
      assert.deepEqual([offers.json.gates.approved, offers.json.gates.accepted, offers.json.gates.interconnection.reason], [true, false, 'interface'])
      const whole = await as('first', 'PATCH', `/api/v1/systems/${id}`, { interface: 'api' }, { 'If-Match': offers.json.etag })
      assert.deepEqual([whole.json.gates.approved, whole.json.gates.accepted, whole.json.needs.length], [true, true, 1])
      assert.equal((await as('first', 'PATCH', `/api/v1/systems/${id}`, { level: 4 }, { 'If-Match': etag })).status, 409)
      assert.equal((await as('first', 'PATCH', `/api/v1/systems/${id}`, { level: 6 }, { 'If-Match': whole.json.etag })).status, 400)
      assert.equal((await server.api('GET', '/api/v1/systems')).json.total, 1)
    })

    test('the figures of the province are the lists behind them, and drafts are in none', async () => {
      const { json } = await visitor('/api/v1/overview')
      assert.equal(json.all.datasets, 5) // air.shui_zhi, air.firms, city.firms, two of the workbook; three wait for review
      assert.equal(json.all.mounted, 1)
      for (const group of json.agencies) {
        const name = group.agency.name
        for (const [query, figure] of [['', 'datasets'], ['&mounted=yes', 'mounted'], ['&freshness=late', 'late'], ['&freshness=fresh', 'fresh']])
          assert.equal((await visitor(`/api/v1/datasets?agency=${name}${query}`)).json.total, group.figures[figure], `${name} ${figure}`)
        for (const sharing of ['unconditional', 'conditional', 'withheld'])
          assert.equal((await visitor(`/api/v1/datasets?agency=${name}&sharing=${sharing}`)).json.total, group.figures.sharing[sharing])
      }
      for (const group of json.regions.filter((one) => one.region))
        assert.equal((await visitor(`/api/v1/datasets?region=${group.region}`)).json.total, group.figures.datasets)
    })
  })
