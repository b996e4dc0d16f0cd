/** Paths of the registry's resources, as the audit log names them. */
export const registryPaths = {
  model: (name: string) => `/models/${name}`,
  version: (name: string, version: number) => `/models/${name}/versions/${version}`,
  alias: (name: string, alias: string) => `/models/${name}/aliases/${alias}`,
};
