import java.math.BigDecimal;
import java.sql.*;
import java.util.Properties;

/** The JDBC driver against --sql. The first thing that is wrong ends it with 1. */
class Client {
  static void must(boolean ok, Object what) {
    if (!ok) throw new IllegalStateException(String.valueOf(what));
  }

  static int count(ResultSet rows) throws SQLException {
    int n = 0;
    while (rows.next()) n++;
    return n;
  }

  /** The driver tells the code before an answer; in the middle of one it says that it could not read on. */
  static void refused(Connection connection, String query, String code) throws SQLException {
    try (Statement statement = connection.createStatement(); ResultSet rows = statement.executeQuery(query)) {
      count(rows);
    } catch (Exception error) {
      must(error.getMessage().contains(code), error);
      return;
    }
    throw new IllegalStateException(query + " was answered");
  }

  public static void main(String[] arguments) throws Exception {
    Class.forName("com.clickhouse.jdbc.Driver");
    String version = "";
    for (String coding : new String[] {"", "compress=false", "compress=true&use_http_compression=true"}) {
      Properties user = new Properties();
      user.put("user", "anybody");
      user.put("password", System.getenv("AICOST_KEY"));
      String url = "jdbc:clickhouse:" + System.getenv("AICOST_SQL_URL") + "/aicost?" + coding;
      try (Connection connection = DriverManager.getConnection(url, user)) {
        must(connection.isValid(10), coding);
        DatabaseMetaData about = connection.getMetaData();
        version = about.getDriverVersion();
        must(about.getDatabaseProductVersion().matches("\\d+\\..*"), about.getDatabaseProductVersion());
        must(count(about.getTables(null, "aicost", "ledger", null)) == 1, "the table ledger");
        must(count(about.getColumns(null, "aicost", "spans", "trace_id")) == 1, "the column trace_id");
        String query = "SELECT number, ? AS x, toDecimal128('1.5', 18) AS d FROM numbers(100000)";
        try (PreparedStatement statement = connection.prepareStatement(query)) {
          statement.setString(1, "it's");
          ResultSet rows = statement.executeQuery();
          must(rows.next() && rows.getString(2).equals("it's"), coding);
          must(rows.getBigDecimal(3).compareTo(new BigDecimal("1.5")) == 0, coding);
          must(count(rows) == 99_999, coding);
        }
        refused(connection, "SELECT number, throwIf(number = 3000000) FROM numbers(10000000)", "");
        refused(connection, "SELECT nofunction()", "Code: 46");
        refused(connection, "CREATE TABLE t (a UInt8) ENGINE = Memory", "Code: 164");
      }
    }
    System.out.println("clickhouse-jdbc " + version + " reads");
  }
}
