// How a program reads one dataset: the same question in three languages.
import { keyOf, type Dataset } from '@/api/datasets'
import type { Row, RowField } from '@/api/rows'

export const sampleLanguages = ['curl', 'python', 'javascript'] as const
export type SampleLanguage = (typeof sampleLanguages)[number]

const plain = /^[\p{L}_][\p{L}\p{N}_]*$/u

/** A field's name as an expression writes it: in double quotes unless it is a plain word. */
export const fieldName = (name: string) => (plain.test(name) ? name : `"${name.replaceAll('"', '""')}"`)

/** A filter with a value that the dataset has: its key if it has one, else its first filled field. */
export function sampleWhere(dataset: Dataset, fields: readonly RowField[], row: Row | undefined): string {
  const key = keyOf(dataset.schema)
  const order = [...fields].sort((a, b) => Number(key.includes(b.name)) - Number(key.includes(a.name)))
  for (const field of order) {
    const value = row?.[field.name]
    if (value === null || value === undefined || typeof value === 'object') continue
    if (field.type === 'integer' || field.type === 'number') return `${fieldName(field.name)} >= ${String(value)}`
    if (field.type === 'string') return `${fieldName(field.name)} = '${String(value).replaceAll("'", "''")}'`
  }
  return ''
}

/** Text inside single quotes of a shell. */
const shell = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`
const quoted = (text: string) => JSON.stringify(text)

export function sampleText(language: SampleLanguage, origin: string, path: string, where: string, token: boolean): string {
  const url = `${origin}/api/v1${path}`
  const key = 'ym_…'
  if (language === 'curl') {
    const lines = [`curl --get ${shell(url)}`]
    if (token) lines.push(`--header 'Authorization: Bearer ${key}'`)
    if (where) lines.push(`--data-urlencode ${shell(`where=${where}`)}`)
    lines.push(`--data-urlencode 'limit=3'`)
    return lines.join(' \\\n  ')
  }
  if (language === 'python') {
    const query = where ? `{"where": ${quoted(where)}, "limit": 3}` : '{"limit": 3}'
    const request = token
      ? `request = Request(url, headers={"Authorization": "Bearer ${key}"})`
      : 'request = Request(url)'
    return [
      'import json',
      'from urllib.parse import urlencode',
      'from urllib.request import Request, urlopen',
      '',
      `url = ${quoted(`${url}?`)} + urlencode(${query})`,
      request,
      'with urlopen(request) as answer:',
      '    page = json.load(answer)',
      'print(page["total"], page["items"])',
    ].join('\n')
  }
  const query = where ? `{ where: ${quoted(where)}, limit: '3' }` : `{ limit: '3' }`
  const options = token ? `, { headers: { Authorization: 'Bearer ${key}' } }` : ''
  return [
    `const query = new URLSearchParams(${query})`,
    `const answer = await fetch(\`${url}?\${query}\`${options})`,
    'const page = await answer.json()',
    'console.log(page.total, page.items)',
  ].join('\n')
}
