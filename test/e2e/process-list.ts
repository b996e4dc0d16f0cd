import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

interface ListedProcess {
  pid: number;
  parent: number;
  command: string;
}

/** Every process of this machine that has not ended; a zombie has, whoever may reap it. */
function livingProcesses(): ListedProcess[] {
  return process.platform === 'linux' ? fromProc() : fromPs();
}

function fromProc(): ListedProcess[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        // `pid (name) state parent …`: the name may hold blanks and brackets.
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ');
        return state === 'Z' || state === 'X' ? [] : [{ pid: Number(name), parent: Number(parent), command }];
      } catch {
        return [];
      }
    });
}

function fromPs(): ListedProcess[] {
  const text = execFileSync('ps', ['-A', '-ww', '-o', 'stat=,pid=,ppid=,command='], { encoding: 'utf8' });
  return text.split('\n').flatMap((line) => {
    const [, state, pid, parent, command = ''] = /^(\S+)\s+(\d+)\s+(\d+)\s+(.*)$/.exec(line.trim()) ?? [];
    return state === undefined || state.startsWith('Z')
      ? []
      : [{ pid: Number(pid), parent: Number(parent), command }];
  });
}

export function isLiving(pid: number): boolean {
  return livingProcesses().some((candidate) => candidate.pid === pid);
}

/** Processes with this text on their command line. */
export function processesNaming(text: string): number[] {
  return livingProcesses()
    .filter(({ command }) => command.includes(text))
    .map(({ pid }) => pid);
}

/** The step processes that a worker keeps, idle ones too. */
export function stepProcessesOf(worker: number): number[] {
  return livingProcesses()
    .filter(({ parent, command }) => parent === worker && command.includes('run-step'))
    .map(({ pid }) => pid);
}

/** A process and all that it started, and they started, as far as they live. */
export function familyOf(pid: number): number[] {
  const processes = livingProcesses();
  const below = (parent: number): number[] =>
    processes.flatMap((child) => (child.parent === parent ? [child.pid, ...below(child.pid)] : []));
  return [...processes.filter((candidate) => candidate.pid === pid).map((found) => found.pid), ...below(pid)];
}
