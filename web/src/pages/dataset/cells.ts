// What a cell of a row says.
import { useI18n } from 'vue-i18n'
import type { Cell, RowField } from '@/api/rows'
import { useWords } from '@/words'

const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?Z$/
const local = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(:\d\d)?(\.\d+)?$/

/** A dataset's own local time without the seconds and fractions that say nothing. */
export function trimTime(text: string): string {
  const found = local.exec(text)
  if (!found) return text
  const [, day, minute, second = '', fraction = ''] = found
  const rest = fraction.replace(/\.?0+$/, '')
  return `${day} ${minute}${second === ':00' && !rest ? '' : second + rest}`
}

export function useCells() {
  const { t } = useI18n()
  const { when } = useWords()

  function cellText(value: Cell | undefined, field: RowField): string {
    if (value === null || value === undefined) return t('grid.missing')
    if (typeof value === 'boolean') return value ? t('word.yes') : t('word.no')
    if (typeof value === 'object') return JSON.stringify(value)
    if (field.type !== 'datetime') return String(value)
    const text = String(value)
    return instant.test(text) && /T\d\d:\d\d(:00(\.0+)?)?Z$/.test(text) ? when(text) : trimTime(text)
  }
  const isNumber = (field: RowField) => field.type === 'integer' || field.type === 'number'
  return { cellText, isNumber }
}
