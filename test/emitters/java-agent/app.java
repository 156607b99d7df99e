import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.errors.OpenAIException;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.embeddings.EmbeddingCreateParams;
import com.openai.models.responses.ResponseCreateParams;

/** A service under the Java agent, which knows nothing of where its spans go. */
class App {

  public static void main(String[] args) throws Exception {
    OpenAIClient openai = OpenAIOkHttpClient.builder().fromEnv().maxRetries(0).build();
    openai.chat().completions().create(chat("gpt-4o-2024-08-06").build());
    var withUsage = ChatCompletionStreamOptions.builder().includeUsage(true).build();
    var streamed = chat("gpt-4o-2024-08-06").streamOptions(withUsage).build();
    try (var stream = openai.chat().completions().createStreaming(streamed)) {
      stream.stream().forEach(chunk -> {});
    }
    openai.responses().create(
        ResponseCreateParams.builder().model("gpt-5-mini").input("Is it fine?").build());
    openai.embeddings().create(
        EmbeddingCreateParams.builder().model("text-embedding-3-small").input("fine").build());
    try {
      openai.chat().completions().create(chat("gpt-4o-fails").build());
    } catch (OpenAIException refused) {
      // As it was told to.
    }
  }

  private static ChatCompletionCreateParams.Builder chat(String model) {
    return ChatCompletionCreateParams.builder().model(model).addUserMessage("Is it fine?");
  }
}
