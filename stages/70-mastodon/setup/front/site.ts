import {
  clusterAddress,
  clusterPort,
  localMediaFolder,
  type MastodonPlan,
  pagesDomain,
} from '../manifests/plan.ts';

/** What nginx has to know of a Mastodon. */
export type SitePlan = Pick<MastodonPlan, 'localDomain' | 'webDomain'> & {
  readonly media: { readonly where: MastodonPlan['media']['where'] };
};

/** Where the site stands: nginx reads all files of this folder that end in `.conf`. */
export const siteFile = '/etc/nginx/hearth.d/70-mastodon.conf';

/** Files of Mastodon that never change under their name, or for which being some hours old does no harm. */
const staticPaths = '^/(?:assets|avatars|emoji|headers|packs|sounds)/';

/**
 * The site of a Mastodon for nginx. It believes only cloudflared, which runs on the device, when it says who visits and
 * whether the visitor came by HTTPS; others are sent to the public address. So a visitor at home never types a password
 * into a page without encryption, and nobody can pretend to visit from elsewhere. Throws if a domain is none.
 */
export function mastodonSite({ localDomain, webDomain, media }: SitePlan): string {
  const pages = checked(pagesDomain({ localDomain, ...(webDomain === undefined ? {} : { webDomain }) }));
  const parts = [upstreams, pagesServer(pages, media.where === 'local')];
  if (checked(localDomain) !== pages) parts.push(handlesServer(localDomain, pages));
  return `${parts.join('\n')}\n`;
}

/** They would end the line that they stand in, or begin another one. */
function checked(domain: string): string {
  if (!/^(?=.{1,253}$)[a-z0-9-]+(?:\.[a-z0-9-]+)+$/.test(domain)) throw new Error(`not a domain: ${domain}`);
  return domain;
}

const upstreams = `# Written by the setup of Mastodon: changes are lost.
upstream mastodon_web {
    server ${clusterAddress.web}:${clusterPort.web} max_fails=0;
    keepalive 8;
    # Puma closes after 20 seconds: a connection that it is just closing would be an error for a visitor.
    keepalive_timeout 15s;
}
upstream mastodon_streaming {
    server ${clusterAddress.streaming}:${clusterPort.streaming} max_fails=0;
}
`;

function pagesServer(domain: string, isLocal: boolean): string {
  return `server {
    include /run/nginx/listen.conf;
    server_name ${domain};
    client_max_body_size 100m;
    client_body_buffer_size 256k;

    # Only cloudflared is at loopback; its visitors have their own address in this header.
    set_real_ip_from 127.0.0.1;
    set_real_ip_from ::1;
    real_ip_header CF-Connecting-IP;

    if ($front_scheme = http) {
        return 308 https://$host$request_uri;
    }

    proxy_http_version 1.1;
    # Signatures of other servers are about this header: it goes on as it came.
    proxy_set_header Host $front_host;
    proxy_set_header Connection "";
    proxy_set_header X-Forwarded-Proto https;
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_set_header X-Real-IP $remote_addr;
    # Each of these could tell Mastodon another name, address or scheme than the ones above.
    proxy_set_header Client-IP "";
    proxy_set_header Forwarded "";
    proxy_set_header Proxy "";
    proxy_set_header X-Client-IP "";
    proxy_set_header X-Forwarded-Host "";
    proxy_set_header X-Forwarded-Port "";
    proxy_set_header X-Forwarded-Scheme "";
    proxy_set_header X-Forwarded-Ssl "";
    proxy_connect_timeout 5s;
    proxy_read_timeout 120s;
    proxy_buffers 16 16k;
    proxy_buffer_size 16k;
    proxy_busy_buffers_size 32k;
    error_page 502 504 =503 /mastodon-waiting.html;

    gzip on;
    gzip_comp_level 4;
    gzip_min_length 1024;
    gzip_proxied any;
    gzip_vary on;
    gzip_types application/activity+json application/javascript application/jrd+json application/json application/ld+json application/manifest+json application/xml image/svg+xml text/css text/javascript text/plain;

    location / {
        proxy_pass http://mastodon_web;
    }
    location ~ ${staticPaths} {
        proxy_pass http://mastodon_web;
        # Only what Mastodon itself calls public, and as long as it says; each variant that its Vary names by itself.
        proxy_cache static;
        proxy_cache_key $host$request_uri;
        proxy_cache_lock on;
        proxy_cache_use_stale error timeout updating http_500 http_502 http_503 http_504;
    }
    location ^~ /api/v1/streaming {
        proxy_pass http://mastodon_streaming;
        proxy_set_header Host $front_host;
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection $front_connection;
        proxy_set_header X-Forwarded-Proto https;
        proxy_set_header X-Forwarded-For $remote_addr;
        proxy_set_header X-Forwarded-Host "";
        proxy_buffering off;
        proxy_read_timeout 300s;
        proxy_send_timeout 300s;
    }
${isLocal ? mediaLocation : ''}    location = /mastodon-waiting.html {
        internal;
        root /usr/share/hearth/front;
        add_header Cache-Control no-store always;
        add_header Retry-After 30 always;
    }
}
`;
}

/** Uploads of strangers, on the domain of the pages: whatever they are, no browser runs them. */
const mediaLocation = `    location ^~ /system/ {
        root ${localMediaFolder.replace(/\/system$/, '')};
        disable_symlinks on from=${localMediaFolder};
        gzip off;
        log_not_found off;
        limit_except GET {
            deny all;
        }
        add_header Cache-Control "public, max-age=2419200, immutable";
        add_header Content-Security-Policy "default-src 'none'; form-action 'none'" always;
        add_header Strict-Transport-Security "max-age=63072000" always;
        add_header X-Content-Type-Options nosniff always;
    }
`;

/** The domain behind the @: other servers ask there who somebody is, and are told where the pages are. */
function handlesServer(domain: string, pages: string): string {
  return `server {
    include /run/nginx/listen.conf;
    server_name ${domain};
    client_max_body_size 64k;

    location / {
        return 302 https://${pages}$request_uri;
    }
    location ~ ^/\\.well-known/(?:webfinger|host-meta|nodeinfo)$ {
        add_header Access-Control-Allow-Origin * always;
        return 301 https://${pages}$request_uri;
    }
}
`;
}
