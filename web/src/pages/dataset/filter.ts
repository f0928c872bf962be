// Where in a filter its fault is.
export interface Place {
  before: string
  marked: string
  after: string
}

/**
 * The part of an expression that a problem names. Its subject is `14: city`, the piece that begins with the 14th
 * character, or `14` where the expression ends too early; else the whole is marked.
 */
export function markPlace(where: string, problem: { subject: string }): Place {
  const characters = [...where]
  const [, place = '', piece = ''] = /^(\d+)(?:: ([^]*))?$/.exec(problem.subject) ?? []
  const column = Number(place)
  if (column < 1 || column > characters.length + 1) return { before: '', marked: where, after: '' }
  const rest = characters.slice(column - 1).join('')
  const marked = rest.startsWith(piece) ? piece : rest
  return { before: characters.slice(0, column - 1).join(''), marked: marked || '\u2038', after: rest.slice(marked.length) }
}
