// The way of a file with the parts of one machine: a child engine, SQLite.
import { path } from './path.mjs'

path()
