import { Upload, type DetailedError } from 'tus-js-client'
import { address, ask, commonHeaders, Problem, problemOf, refused, type ProblemFacts } from '@/api/http'
import type { ReadingOptions } from '@/api/loads'

export interface UploadFacts {
  id: string
  name: string
  size: number
  offset: number
  digest: string | null
  created_at: string
  expires_at: string
}
export interface Preview {
  format: string | null
  encoding: string | null
  delimiter: string | null
  sheet: string | null
  header_row: number | null
  columns: string[] | null
  notes: string[] | null
  rows: { line: number; cells: string[]; fault: string | null }[] | null
  /** The file's beginning as it stands: lines of a text, cells of a workbook. */
  raw: { line: number; text?: string; cells?: string[] }[]
  sheets: { name: string; hidden: boolean }[]
  problem: ProblemFacts | null
}
export interface UploadNews {
  /** So many bytes are with the server; of an upload that goes on, at once those of before. */
  sent: (bytes: number) => void
  /** The line broke; it is tried again by itself. */
  lost: () => void
  done: (id: string) => void
  failed: (problem: Problem) => void
}

// A line that is away for two minutes is given up; the upload itself is kept for days.
const tries_ms = [0, 1000, 2000, 4000, 8000, 15_000, 30_000, 60_000]
const idOf = (url: string) => url.split('/').at(-1) ?? ''

export const getUpload = (id: string, signal?: AbortSignal) =>
  ask<UploadFacts>('GET', `/uploads/${encodeURIComponent(id)}`, { signal })
export const previewUpload = (id: string, dataset: string, options: ReadingOptions, signal?: AbortSignal) =>
  ask<Preview>('GET', `/uploads/${encodeURIComponent(id)}/preview`, { query: { dataset, ...options }, signal })
export const previewLoad = (id: string, options: ReadingOptions, signal?: AbortSignal) =>
  ask<Preview>('GET', `/loads/${encodeURIComponent(id)}/preview`, { query: { ...options }, signal })

function isDetailed(error: Error | DetailedError): error is DetailedError {
  return 'originalResponse' in error
}

function problem(error: Error | DetailedError): Problem {
  const answer = isDetailed(error) ? error.originalResponse : null
  if (!answer) return new Problem({ status: 0, code: 'portal.offline' })
  return refused('POST', problemOf(answer.getStatus(), answer.getBody()))
}

/**
 * Sends a file by tus: after a broken line, a closed page or a server's restart the same file goes on where it was.
 * Returns what stops it; what came stays with the server.
 */
export function sendUpload(file: File, news: UploadNews): () => void {
  let stopped = false
  const upload = new Upload(file, {
    endpoint: address('/uploads'),
    metadata: { filename: file.name },
    retryDelays: tries_ms,
    removeFingerprintOnSuccess: true,
    onBeforeRequest(request) {
      for (const [name, value] of Object.entries(commonHeaders(request.getMethod()))) request.setHeader(name, value)
    },
    onShouldRetry(error) {
      const status = error.originalResponse?.getStatus() ?? 0
      const again = status === 0 || status === 409 || status >= 500
      if (again) news.lost()
      return again
    },
    onProgress: (bytes) => news.sent(bytes),
    onError: (error) => news.failed(problem(error)),
    onSuccess: () => news.done(idOf(upload.url ?? '')),
  })
  void upload.findPreviousUploads().then((before) => {
    if (stopped) return
    if (before[0]) upload.resumeFromPreviousUpload(before[0])
    upload.start()
  })
  return () => {
    stopped = true
    void upload.abort()
  }
}
