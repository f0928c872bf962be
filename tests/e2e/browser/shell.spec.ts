// The shell: language, theme, search, navigation, keyboard.
import { accounts, checkPage, expect, looks, settle, signIn, signInByForm, test } from '../../../web/tests/browser'

test('the language is switched by one press and stays', async ({ watched }) => {
  const { page } = watched
  await page.goto('/datasets')
  await expect(page.getByRole('heading', { level: 1, name: '数据目录' })).toBeVisible()
  await page.getByRole('button', { name: 'English' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Data catalogue' })).toBeVisible()
  await expect(page.locator('html')).toHaveAttribute('lang', 'en')
  await page.goto('/')
  await expect(page.getByRole('link', { name: 'Catalogue', exact: true })).toBeVisible()
  await page.goto('/datasets?lang=zh-CN')
  await expect(page.getByRole('heading', { level: 1, name: '数据目录' })).toBeVisible()
})

test('the theme is switched by one press, without a reload, and stays', async ({ watched }) => {
  const { page } = watched
  await page.goto('/datasets')
  await settle(page)
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
  const light = await ground()
  await page.getByRole('button', { name: '切换为深色' }).click()
  await expect.poll(ground).not.toBe(light)
  const dark = await ground()
  await page.reload()
  await settle(page)
  expect(await ground()).toBe(dark)
  await checkPage(page)
})

test('the search box of the bar leads to the catalogue by keyboard', async ({ watched }) => {
  const { page } = watched
  await page.goto('/')
  await settle(page)
  await page.keyboard.press('Control+k')
  await page.keyboard.type('xyzzy')
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/\/datasets\?q=xyzzy$/)
  await expect(page.getByRole('link', { name: '去掉全部条件' })).toBeVisible()
})

for (const look of looks) {
  test.describe(`Ctrl-K, ${look.name}`, () => {
    test.use({ look })

    test('datasets, pages and actions are found, by arrows and Enter, and Esc gives the focus back', async ({ watched }) => {
      const { page } = watched
      const english = look.lang === 'en'
      await signIn(page, accounts.steward)
      await page.goto('/datasets')
      await settle(page)
      const from = page.locator('article h2 a').first()
      await from.focus()
      await page.keyboard.press('Control+k')
      const box = page.getByRole('combobox', { name: english ? 'Search data, pages, actions' : '查找数据、页面、操作' })
      await expect(box).toBeFocused()
      const option = (name: string | RegExp) => page.getByRole('listbox').getByRole('option', { name })
      await expect(option(english ? 'Jobs' : '任务')).toBeVisible()
      await checkPage(page)
      await page.keyboard.press('Escape')
      await expect(page.getByRole('listbox')).toHaveCount(0)
      await expect(from).toBeFocused()

      // What the catalogue finds stands first; what is chosen is told to a screen reader.
      const { items } = (await (await page.request.get('/api/v1/datasets?limit=50')).json()) as { items: { id: string; may: { load: boolean } }[] }
      const id = items.find((one) => one.may.load && !one.id.includes('trial'))!.id
      await page.keyboard.press('Control+k')
      await page.keyboard.type(id)
      await expect(option(new RegExp(`${id.replace('.', '\\.')}$`))).toBeVisible()
      const active = async () => page.locator(`[id="${(await box.getAttribute('aria-activedescendant')) ?? ''}"]`)
      await expect(await active()).toHaveAttribute('aria-selected', 'true')
      await expect(await active()).toContainText(id)
      await checkPage(page)
      await page.keyboard.press('ArrowDown')
      await expect(page.locator('[role=option][aria-selected=true]')).toHaveCount(1)
      await expect(await active()).not.toHaveAttribute('id', `found-data-${id.replace('.', '-')}`)
      await page.keyboard.press('ArrowUp')
      await page.keyboard.press('Enter')
      await expect(page).toHaveURL(new RegExp(`/datasets/${id.replace('.', '\\.')}$`))
      await settle(page)

      // First letters of pinyin; an action of the page that one is on; a number of a person is not sent.
      await page.keyboard.press('Control+k')
      await page.keyboard.type(english ? 'renwu' : 'rw')
      await expect(option(english ? 'Jobs' : '任务')).toHaveAttribute('aria-selected', 'true')
      await page.keyboard.press('Control+a')
      const asked: string[] = []
      page.on('request', (request) => void asked.push(request.url()))
      await page.keyboard.type('42010019900101003X')
      await expect(page.getByText(english ? 'A resident id is not searched for' : '身份证号不在这里查找')).toBeVisible()
      await page.keyboard.press('Control+a')
      await page.keyboard.type(english ? 'load upload' : 'guiji')
      await expect(option(english ? 'Load a file into this dataset' : '为这个信息资源归集新批次')).toBeVisible()
      expect(asked.filter((url) => url.includes('42010019900101003'))).toEqual([])
      await option(english ? 'Load a file into this dataset' : '为这个信息资源归集新批次').click()
      await expect(page).toHaveURL(/\/loads\/new$/)
      await settle(page)
      await checkPage(page)
    })
  })
}

test('a filter of the catalogue is in the address and comes back with Back', async ({ watched }) => {
  const { page } = watched
  await page.goto('/datasets')
  await settle(page)
  const first = page.getByRole('group', { name: '开放属性' }).getByRole('checkbox').first()
  await first.check()
  await expect(page).toHaveURL(/openness=/)
  await page.locator('article h2 a').first().click()
  await expect(page).toHaveURL(/\/datasets\/[a-z0-9_]+\.[a-z0-9_]+$/)
  await page.goBack()
  await expect(page).toHaveURL(/openness=/)
  await expect(page.getByRole('group', { name: '开放属性' }).getByRole('checkbox').first()).toBeChecked()
})

test('Tab reaches the skip link first and every focus is seen', async ({ watched }) => {
  const { page } = watched
  await page.goto('/datasets')
  await settle(page)
  await page.keyboard.press('Tab')
  await expect(page.locator('a.skip')).toBeFocused()
  const places: string[] = []
  for (let press = 0; press < 14; press++) {
    await page.keyboard.press('Tab')
    const place = await page.evaluate(() => {
      const element = document.activeElement
      if (!(element instanceof HTMLElement) || element === document.body) return null
      const style = getComputedStyle(element)
      const box = element.getBoundingClientRect()
      return { name: element.outerHTML.slice(0, 80), seen: style.outlineStyle !== 'none' && box.width > 0 && box.height > 0 }
    })
    expect(place).not.toBeNull()
    expect(place!.seen, place!.name).toBe(true)
    places.push(place!.name)
  }
  expect(new Set(places).size).toBeGreaterThan(10)
})

test('the skip link moves the focus into the page', async ({ watched }) => {
  const { page } = watched
  await page.goto('/datasets')
  await settle(page)
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await expect(page.locator('#main')).toBeFocused()
})

test('the account menu closes with Esc and gives the focus back; signing out works', async ({ watched }) => {
  const { page } = watched
  await signInByForm(page, accounts.steward)
  const button = page.locator('header [aria-controls=account-panel]')
  await button.click()
  const out = page.getByRole('button', { name: '退出登录' })
  await expect(out).toBeVisible()
  await checkPage(page)
  await page.keyboard.press('Escape')
  await expect(out).toBeHidden()
  await expect(button).toBeFocused()
  await button.click()
  await out.click()
  await expect(page.getByRole('banner').getByRole('link', { name: '登录' })).toBeVisible()
})

test('a wrong password is refused in the page’s language and the form stays', async ({ watched }) => {
  const { page } = watched
  await page.goto('/sign-in')
  await page.locator('main input[name=name]').fill('nobody_of_that_name')
  await page.locator('main input[name=password]').fill('not the password')
  await page.locator('main form button[type=submit]').click()
  await expect(page.getByRole('alert')).toContainText(/\p{Script=Han}/u)
  await expect(page.locator('main input[name=name]')).toHaveValue('nobody_of_that_name')
  await checkPage(page)
  watched.faults.splice(0, watched.faults.length, ...watched.faults.filter((fault) => !fault.includes('401')))
})

test('a page that needs an account says so and comes back after sign-in', async ({ watched }) => {
  const { page } = watched
  await page.goto('/jobs')
  await page.getByRole('alert').getByRole('link', { name: '登录' }).click()
  await expect(page).toHaveURL(/\/sign-in\?next=/)
  await page.locator('main input[name=name]').fill(accounts.steward.name)
  await page.locator('main input[name=password]').fill(accounts.steward.password)
  await page.locator('main form button[type=submit]').click()
  await expect(page).toHaveURL(/\/jobs$/)
  await expect(page.getByRole('heading', { level: 1, name: '任务' })).toBeVisible()
  watched.faults.splice(0, watched.faults.length, ...watched.faults.filter((fault) => !fault.includes('401')))
})

test('signing in leads nowhere else', async ({ watched }) => {
  const { page } = watched
  await page.goto('/sign-in?next=//example.org/')
  await page.locator('main input[name=name]').fill(accounts.administrator.name)
  await page.locator('main input[name=password]').fill(accounts.administrator.password)
  await page.locator('main form button[type=submit]').click()
  await expect(page.locator('header [aria-controls=account-panel]')).toBeVisible()
  expect(new URL(page.url()).host).toBe(new URL(process.env.YM_BASE_URL!).host)
})

test.describe('on a phone', () => {
  test.use({ look: { ...looks[0]!, name: 'zh-CN light phone', width: 390, height: 844 } })

  test('the menu opens, holds the focus, closes with Esc, and leads on', async ({ watched }) => {
    const { page } = watched
    await page.goto('/')
    await settle(page)
    const menu = page.getByRole('button', { name: '菜单' })
    await menu.click()
    const entry = page.getByRole('dialog').getByRole('link', { name: '数据目录' })
    await expect(entry).toBeVisible()
    await checkPage(page)
    await page.keyboard.press('Escape')
    await expect(entry).toBeHidden()
    await menu.click()
    await entry.click()
    await expect(page).toHaveURL(/\/datasets$/)
    await expect(page.getByRole('dialog')).toBeHidden()
  })

  test('facets open behind one button', async ({ watched }) => {
    const { page } = watched
    await page.goto('/datasets')
    await settle(page)
    const facets = page.getByRole('group', { name: '主题' })
    await expect(facets).toBeHidden()
    await page.getByRole('button', { name: '筛选' }).click()
    await expect(facets).toBeVisible()
    await checkPage(page)
  })
})

test('a page of 320 pixels does not scroll sideways', async ({ watched }) => {
  const { page } = watched
  await page.setViewportSize({ width: 320, height: 640 })
  for (const path of ['/', '/datasets', '/sign-in']) {
    await page.goto(path)
    await settle(page)
    await checkPage(page)
  }
})
