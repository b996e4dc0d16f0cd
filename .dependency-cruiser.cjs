// Who may import whom. `reachable` rules look through other files: a worker must not load Nest by any way.
const only = (name, from, allowed, comment) => ({
  name,
  severity: 'error',
  comment,
  from: { path: from, pathNot: '\\.spec\\.ts$' },
  to: {
    path: '^(src|workers|prisma|openapi|bench|test)/',
    pathNot: [`${from}`, ...allowed, '^src/generated/'],
  },
});

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, dependencyTypesNot: ['type-only'] },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    only('contracts', '^src/contracts/', [], 'what crosses a process or a disk depends on nothing of ours'),
    only('ml', '^src/ml/', ['^src/contracts/'], 'pure functions over contracts'),
    only('config', '^src/config/', ['^src/contracts/'], 'the environment depends on nothing but contracts'),
    only(
      'platform',
      '^src/platform/',
      ['^src/contracts/', '^src/config/'],
      'outside things know nothing of pipelines',
    ),
    only(
      'engine',
      '^src/engine/',
      ['^src/contracts/', '^src/platform/'],
      'the run engine knows no framework and no maths',
    ),
    only(
      'evaluation',
      '^src/evaluation/',
      ['^src/contracts/', '^src/ml/', '^src/platform/'],
      'how models are measured and judged: maths on sessions and stored bytes, for workers and gateway alike',
    ),
    only(
      'http',
      '^src/http/',
      ['^src/contracts/', '^src/platform/', '^src/config/'],
      'how requests are answered knows nothing of what is asked',
    ),
    only(
      'features',
      '^src/features/',
      [
        '^src/contracts/',
        '^src/ml/',
        '^src/config/',
        '^src/platform/',
        '^src/evaluation/',
        '^src/engine/',
        '^src/http/',
      ],
      'a feature stands on everything below it',
    ),
    {
      name: 'features-by-their-front',
      severity: 'error',
      comment: 'another feature only through its module or service',
      from: { path: '^src/features/([^/]+)/' },
      to: { path: '^src/features/', pathNot: ['^src/features/$1/', '\\.(module|service)\\.ts$'] },
    },
    {
      name: 'engine-without-nest',
      severity: 'error',
      from: { path: '^src/(engine|platform|ml|contracts|config)/' },
      to: { path: 'node_modules/@nestjs/' },
    },
    only(
      'workers',
      '^workers/',
      [
        '^src/contracts/',
        '^src/ml/',
        '^src/platform/',
        '^src/evaluation/',
        '^src/engine/',
        '^src/config/',
        '^prisma/migrate\\.ts$',
      ],
      'workers know nothing of HTTP',
    ),
    {
      name: 'workers-without-nest',
      severity: 'error',
      comment: 'not even through another file',
      from: { path: '^workers/', pathNot: '\\.spec\\.ts$' },
      to: { path: 'node_modules/@nestjs/', reachable: true },
    },
    {
      name: 'src-without-workers',
      severity: 'error',
      comment: 'the local stack starts their entry file as a process, and imports nothing of theirs either',
      from: { path: '^src/' },
      to: { path: '^workers/' },
    },
    {
      name: 'env-in-one-place',
      severity: 'error',
      comment: 'the environment is read by processes, and given on',
      from: { path: '^src/(ml|engine|http|contracts)/' },
      to: { path: '^src/config/env\\.ts$', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-dev-dependencies',
      severity: 'error',
      from: { path: '^(src|workers|prisma)/', pathNot: '\\.spec\\.ts$' },
      to: { dependencyTypes: ['npm-dev'] },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: 'specify',
    doNotFollow: { path: ['node_modules', '^dist'] },
    exclude: { path: '^src/generated/' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
    },
  },
};
