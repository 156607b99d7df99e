exports.load = async () => require('@google/genai');
