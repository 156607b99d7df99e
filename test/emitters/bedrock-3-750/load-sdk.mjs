export const load = () => import('@aws-sdk/client-bedrock-runtime');
