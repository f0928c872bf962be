// What a steward does with quarantined rows, with the parts of one machine: a child engine, SQLite.
import { quarantine } from './quarantine.mjs'

quarantine()
