import type { ListModels } from '../../contracts/registry.js';

/** Which rows a list shows, by whether they are archived. */
export function archivedFilter(archived: ListModels['archived']) {
  switch (archived) {
    case 'true':
      return { archived_at: { not: null } };
    case 'false':
      return { archived_at: null };
    case 'any':
      return {};
  }
}
