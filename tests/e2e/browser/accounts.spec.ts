// Administration, one's own account, the audit trail: pages, keyboard, both languages, as people use them.
import { createHmac } from 'node:crypto'
import { accounts, checkPage, expect, looks, openPage, newName, settle, signIn, signInByForm, test, type Page } from '../../../web/tests/browser'

// What the app of a phone computes (RFC 6238) of the key that the page shows.
function codeOf(secret: string, later = 0) {
  let bits = ''
  for (const letter of secret) bits += 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')
  const key = Buffer.from(bits.match(/.{8}/g)!.map((byte) => Number.parseInt(byte, 2)))
  const step = Buffer.alloc(8)
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + later))
  const mac = createHmac('sha1', key).update(step).digest()
  return String((mac.readUInt32BE(mac[19]! & 15) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}

const invite = async (page: Page, name: string) => {
  await page.goto('/admin/accounts')
  await settle(page)
  await page.getByRole('button', { name: '邀请', exact: true }).click()
  const form = page.getByRole('form', { name: '邀请' })
  await form.getByLabel('账户名').fill(name)
  await form.getByLabel('姓名').fill('测试员')
  await form.getByLabel('角色').selectOption('analyst')
  await form.getByRole('button', { name: '生成邀请链接' }).click()
  const link = page.locator('.note code')
  await expect(link).toHaveText(/\/invitation#[\w-]{43}$/)
  return (await link.textContent())!
}

for (const look of looks) {
  test(`the pages of the administration are clean (${look.name})`, async ({ browser }) => {
    const watched = await openPage(browser, look)
    const { page } = watched
    await signIn(page, accounts.administrator)
    for (const path of ['/admin/agencies', '/admin/accounts', '/admin/systems', '/shared-fields', '/account']) {
      await page.goto(path)
      await settle(page)
      await checkPage(page)
      // The administration's own bar leads to all that it has.
      if (path !== '/account') {
        const bar = page.getByRole('navigation', { name: look.lang === 'en' ? 'Administration' : '管理', exact: true })
        const names = look.lang === 'en' ? ['Agencies', 'Information systems', 'Shared fields', 'Health'] : ['部门', '信息系统', '一数一源', '运行状态']
        for (const name of names) await expect(bar.getByRole('link', { name, exact: true })).toBeVisible()
      }
    }
    await page.goto('/admin/accounts')
    await settle(page)
    await page.locator('.list .head').first().click()
    await expect(page.locator('main .panel').first()).toBeVisible()
    await checkPage(page)
    expect(watched.faults).toEqual([])
    await page.context().close()
  })
}

test('an invited person chooses a password, adds a second factor, and signs in with it in place', async ({ browser }) => {
  test.setTimeout(240_000)
  const chief = await openPage(browser, looks[0]!)
  await signIn(chief.page, accounts.administrator)
  const name = newName('invited')
  const link = await invite(chief.page, name)
  await checkPage(chief.page)
  expect(chief.faults).toEqual([])
  await chief.page.context().close()

  const { page, faults } = await openPage(browser, looks[0]!)
  await page.goto(new URL(link).pathname + new URL(link).hash)
  await expect(page.getByText(name)).toBeVisible()
  expect(page.url(), 'the secret leaves the address').not.toContain('#')
  await checkPage(page)
  await page.locator('main input[name=password]').fill('three or four words')
  await page.locator('main input[name=again]').fill('three or four words')
  await page.getByRole('button', { name: '设置密码' }).click()
  await page.locator('main').getByRole('link', { name: '登录' }).click()
  await signInByForm(page, { name, password: 'three or four words' })

  await page.goto('/account')
  await settle(page)
  const factor = page.getByRole('region', { name: '第二因素' })
  await factor.getByLabel('现在的密码').fill('three or four words')
  await factor.getByRole('button', { name: '设置第二因素' }).click()
  await expect(factor.getByRole('img', { name: '验证器应用的二维码' })).toBeVisible()
  await checkPage(page)
  const secret = (await factor.locator('code').textContent())!
  await factor.getByLabel('验证码').fill(codeOf(secret))
  await factor.getByRole('button', { name: '启用' }).click()
  await expect(factor.locator('.list code')).toHaveCount(10)
  const recovery = (await factor.locator('.list code').first().textContent())!
  await checkPage(page)

  await page.locator('header [aria-controls=account-panel]').click()
  await page.getByRole('button', { name: '退出登录' }).click()
  await expect(page.getByRole('banner').getByRole('link', { name: '登录' })).toBeVisible()
  await page.goto('/sign-in')
  await page.locator('main input[name=name]').fill(name)
  await page.locator('main input[name=password]').fill('three or four words')
  await page.locator('main form button[type=submit]').click()
  const code = page.locator('main input[name=code]')
  await expect(code).toBeFocused()
  await checkPage(page)
  await code.fill(codeOf(secret, 1))
  await page.keyboard.press('Enter')
  await expect(page.locator('header [aria-controls=account-panel]')).toBeVisible()
  expect(recovery).toMatch(/^[a-z2-9]{5}-[a-z2-9]{5}$/)
  expect(faults.filter((fault) => !fault.includes('401'))).toEqual([])
  await page.context().close()
})

test('a token is shown once with the scopes that were chosen, and ends', async ({ watched }) => {
  const { page } = watched
  await signIn(page, accounts.steward)
  await page.goto('/account')
  await settle(page)
  const tokens = page.getByRole('region', { name: '程序令牌' })
  await tokens.getByLabel('名称').fill('夜间任务')
  await tokens.getByLabel('归集与发布').check()
  await tokens.getByRole('button', { name: '新建令牌' }).click()
  const token = (await tokens.locator('.made code').textContent())!
  expect(token).toMatch(/^ym_[\w-]{43}$/)
  const may = (path: string) => page.request.get(path, { headers: { Authorization: `Bearer ${token}` } })
  expect((await may('/api/v1/jobs')).status()).toBe(200)
  expect((await may('/api/v1/tokens')).status()).toBe(403)
  await expect(tokens.getByRole('cell', { name: /读取, 归集与发布/ })).toBeVisible()
  await tokens.getByRole('row', { name: /夜间任务/ }).getByRole('button', { name: '结束' }).click()
  await expect(tokens.getByRole('row', { name: /夜间任务/ })).toHaveCount(0)
  expect((await may('/api/v1/jobs')).status()).toBe(401)
})

test('an agency is added below another and closed', async ({ watched }) => {
  const { page } = watched
  await signIn(page, accounts.administrator)
  await page.goto('/admin/agencies')
  await settle(page)
  await page.getByRole('button', { name: '新增部门' }).click()
  const form = page.getByRole('form', { name: '新增部门' })
  const name = newName('new')
  await form.getByLabel('简称（英文）').fill(name)
  await form.getByLabel('中文名称').fill('监测中心')
  await form.getByLabel('统一社会信用代码').fill('11420000011043153X')
  await form.getByRole('button', { name: '保存' }).click()
  await expect(page.getByRole('alert')).toContainText('统一社会信用代码有误')
  await form.getByLabel('统一社会信用代码').fill('')
  await form.getByLabel('上级部门').selectOption({ index: 1 })
  await form.getByRole('button', { name: '保存' }).click()
  const row = page.getByRole('row', { name: new RegExp(name) })
  await expect(row.locator('.deep-1')).toBeVisible()
  await row.getByRole('button', { name: `停用部门 ${name}` }).click()
  await page.getByRole('dialog').getByRole('button', { name: '停用' }).click()
  await expect(row.getByText('已停用')).toBeVisible()
  watched.faults.splice(0, watched.faults.length, ...watched.faults.filter((fault) => !fault.includes('400')))
})

test('an auditor reads who did what, filters it, and takes it away; others do not', async ({ browser }) => {
  const { page, faults } = await openPage(browser, looks[0]!)
  await signIn(page, accounts.auditor)
  await page.goto('/audit')
  await settle(page)
  await expect(page.getByRole('table')).toContainText('登录')
  await checkPage(page)
  await page.getByLabel('账户', { exact: true }).fill(accounts.auditor.name)
  await page.getByRole('button', { name: '搜索', exact: true }).last().click()
  await expect(page).toHaveURL(/name=/)
  await expect(page.getByRole('table')).toContainText('查看审计日志')
  const file = await page.request.get((await page.getByRole('link', { name: '导出 CSV' }).getAttribute('href'))!)
  expect(file.headers()['content-type']).toContain('text/csv')
  expect(await file.text()).toContain('GET /audit')
  expect(faults).toEqual([])
  await page.context().close()

  const other = await openPage(browser, looks[0]!)
  await signIn(other.page, accounts.steward)
  await other.page.goto('/audit')
  await expect(other.page.getByRole('alert')).toContainText('你的角色不能这样做')
  await other.page.context().close()
})
