/** Who acts while there is no login. */
export const anonymous = 'anonymous';
