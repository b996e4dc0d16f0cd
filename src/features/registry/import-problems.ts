/** Why an uploaded model did not become a version. */
export const importProblems = {
  400: 'What is wrong, field by field.',
  409: 'The model is archived.',
  413: 'The file is larger than MODEL_UPLOAD_MB.',
  422: 'The model cannot be read, loaded, or run with its example; why. Or the Idempotency-Key was used for a request with another body.',
};
