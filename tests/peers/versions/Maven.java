// Maven's ComparableVersion on pairs from standard input.
import java.io.BufferedReader;
import java.io.InputStreamReader;
import org.apache.maven.artifact.versioning.ComparableVersion;

public class Maven {
    public static void main(String[] args) throws Exception {
        var input = new BufferedReader(new InputStreamReader(System.in));
        for (String line = input.readLine(); line != null; line = input.readLine()) {
            String[] pair = line.split("\t");
            int order = new ComparableVersion(pair[0]).compareTo(new ComparableVersion(pair[1]));
            String sign = order < 0 ? "<" : order > 0 ? ">" : "=";
            System.out.println(pair[0] + " " + sign + " " + pair[1]);
        }
    }
}
