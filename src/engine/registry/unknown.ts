import { AppError } from '../../contracts/app-error.js';

export function unknownModel(name: string): AppError {
  return new AppError('not_found', `there is no model ${name}`);
}

export function unknownVersion(name: string, version: number): AppError {
  return new AppError('not_found', `there is no version ${version} of model ${name}`);
}

export function unknownAlias(name: string, alias: string): AppError {
  return new AppError('not_found', `model ${name} has no alias ${alias}`);
}
