pidof nginx
