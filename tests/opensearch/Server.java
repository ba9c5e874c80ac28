import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.opensearch.common.settings.Settings;
import org.opensearch.common.util.io.IOUtils;
import org.opensearch.env.Environment;
import org.opensearch.http.HttpServerTransport;
import org.opensearch.node.InternalSettingsPreparer;
import org.opensearch.node.Node;
import org.opensearch.transport.Netty4Plugin;
import org.opensearch.transport.TransportService;

/**
 * One OpenSearch node on loopback, on free ports: {@code Server NAME FOLDER [SEED]}. FOLDER takes its data; with SEED (the transport
 * address of another node) it joins that one's cluster and holds shards, without it begins a cluster of its own.
 * Prints two lines, its HTTP and its transport address, when it answers. Stops when its input ends, and takes FOLDER away.
 */
public final class Server {
    /** A node whose transport comes from the class path; the server itself only takes plugins from a folder. */
    private static final class Embedded extends Node {
        Embedded(Environment environment) {
            super(environment, List.of(Netty4Plugin.class), false);
        }

        String http() {
            return injector().getInstance(HttpServerTransport.class).boundAddress().publishAddress().toString();
        }

        String transport() {
            return injector().getInstance(TransportService.class).boundAddress().publishAddress().toString();
        }
    }

    public static void main(String[] args) throws Exception {
        String name = args[0];
        Settings.Builder settings = Settings.builder()
            .put("cluster.name", "hoso-test")
            .put("node.name", name)
            .put("path.home", args[1])
            .put("network.host", "127.0.0.1")
            .put("http.port", "0")
            .put("transport.port", "0")
            .put("http.type", "netty4")
            .put("transport.type", "netty4")
            .put("action.auto_create_index", false)
            // A nearly full disk of the machine is not what is tested.
            .put("cluster.routing.allocation.disk.threshold_enabled", false);
        if (args.length > 2) {
            settings.putList("discovery.seed_hosts", args[2]).putList("node.roles", "data");
        } else {
            settings.putList("discovery.seed_hosts").putList("cluster.initial_cluster_manager_nodes", name);
        }
        Environment environment =
            InternalSettingsPreparer.prepareEnvironment(settings.build(), Map.of(), Path.of(args[1], "config"), () -> name);
        try (Embedded node = new Embedded(environment)) {
            node.start();
            System.out.println(node.http());
            System.out.println(node.transport());
            while (System.in.read() >= 0) {}
        }
        IOUtils.rm(Path.of(args[1]));
    }
}
