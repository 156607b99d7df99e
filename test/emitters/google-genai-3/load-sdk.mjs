export const load = () => import('@google/genai');
