exports.load = async () => require('@aws-sdk/client-bedrock-runtime');
