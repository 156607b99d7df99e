package recorder;

import io.micrometer.observation.ObservationRegistry;
import org.springframework.ai.anthropic.AnthropicChatModel;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.embedding.EmbeddingModel;
import org.springframework.ai.openai.OpenAiChatModel;
import org.springframework.boot.CommandLineRunner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;

/** A service that asks two providers and embeds once, and knows nothing of where its spans go. */
@SpringBootApplication
class App {

  public static void main(String[] args) {
    SpringApplication.exit(SpringApplication.run(App.class, args));
  }

  @Bean
  CommandLineRunner ask(
      OpenAiChatModel openai,
      AnthropicChatModel anthropic,
      EmbeddingModel embeddings,
      ObservationRegistry observed) {
    return args -> {
      ChatClient.create(openai, observed).prompt("Is it fine?").call().content();
      ChatClient.create(anthropic, observed).prompt("Is it fine?").call().content();
      embeddings.embed("fine");
    };
  }
}
